/** Which number formats of a workbook show dates: as a real LibreOffice takes the same file. */
import { expect, test } from 'vitest'

import { makeArchive } from '../support/bare-workbook.ts'
import { prepareLibreOffice } from './libre-office.ts'
import { readCells, readRows } from './read-saved.ts'

const SERIAL = 44125.375
const DATE = '2020-10-21T09:00:00'

/** Without those that LibreOffice does not know, or of which it says for the whole what holds for one section. */
const CODES = [
  ['General', 'General;-General', 'General" d"', '[Red]General', 'General "hours"', 'Основной'],
  [
    '0" days"',
    '0 "d"',
    '#,##0\\ "h"',
    '0\\d',
    '0_d',
    '0*d',
    '\\d0',
    '"day;month" 0',
    '"m"0',
    '0.0"s"',
    '0 days',
    '# s',
  ],
  ['[$€-407] #,##0.00', '#,##0.00\\ [$USD]', '[$CHF ]0.00', '0%', '# ?/?', '0.00E+00', '##0.0E+0', '000000', '@'],
  ['_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)'],
  [
    '[<=9999999]###\\-####;\\(###\\)\\ ###\\-####',
    '[>=1000]#,##0\\ "k";0',
    '[Magenta]0.00;[Yellow]-0.00',
    '0;\\-0;\\d',
  ],
  [
    'yyyy-mm-dd',
    'yyyymmdd',
    'dd.mm.yyyy hh:mm',
    'd/m/yy\\ h:mm;@',
    '[Red]dd/mm/yyyy',
    '[Color10]d/m',
    'yyyy',
    'mm',
    'ss',
  ],
  ['mmmmm', 'aaaa', 'yyyy"-"mm', '"Datum: "d.m.yyyy', '"a;b"yyyy-mm-dd', 'TT.MM.JJJJ', 'dd/mm/yyyy;;'],
  ['[$-409]d-mmm-yy;@', '[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy', '[$-1070000]d/mm/yyyy h:mm AM/PM;@', '[$-411]ge.m.d'],
  ['[$-404]e/m/d', 'yyyy"年"m"月"d"日";@', '[DBNum1]yyyy"年"m"月"', '[h]:mm', '[hh]:mm:ss', '[mm]:ss', 'mm:ss.0'],
  ['h:mm AM/PM', 'h:mm A/P', 'yyyy\\-mm\\-dd\\Thh:mm:ss.000', 'yyyy-mm-ddThh:mm:ssZ', 'yyyyMMddTHHmmss'],
].flat()

/** A row for each of the codes, with one cell. */
async function makeWorkbook(): Promise<Uint8Array<ArrayBuffer>> {
  const quote = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  const formats = CODES.map((code, n) => `<numFmt numFmtId="${200 + n}" formatCode="${quote(code)}"/>`)
  const styles = CODES.map((_code, n) => `<xf numFmtId="${200 + n}" applyNumberFormat="1" xfId="0"/>`)
  const rows = CODES.map((_code, n) => `<row r="${n + 1}"><c r="A${n + 1}" s="${n}"><v>${SERIAL}</v></c></row>`)
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const packaged = 'http://schemas.openxmlformats.org/package/2006'
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const relations = (...targets: [type: string, target: string][]): string =>
    `<Relationships xmlns="${packaged}/relationships">${targets
      .map(([name, target], n) => `<Relationship Id="r${n}" Type="${office}/${name}" Target="${target}"/>`)
      .join('')}</Relationships>`
  return makeArchive({
    '[Content_Types].xml': `<Types xmlns="${packaged}/content-types">
      <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
      <Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/>
      <Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/>
      <Override PartName="/xl/styles.xml" ContentType="${type}.styles+xml"/></Types>`,
    '_rels/.rels': relations(['officeDocument', 'xl/workbook.xml']),
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="A" sheetId="1" r:id="r0"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(['worksheet', 'worksheets/sheet1.xml'], ['styles', 'styles.xml']),
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData>${rows.join('')}</sheetData></worksheet>`,
    'xl/styles.xml': `<styleSheet xmlns="${main}"><numFmts>${formats.join('')}</numFmts><fonts><font/></fonts><fills><fill/></fills>
      <borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>${styles.join('')}</cellXfs></styleSheet>`,
  })
}

test('dates are what LibreOffice takes for dates and times', async () => {
  const workbook = await makeWorkbook()
  const saveAgain = await prepareLibreOffice()
  const options = { delimiter: ',', language: 'english' } as const
  const saved = await saveAgain([{ name: 'formats.xlsx', content: workbook }], options, 'fods')
  const types = readCells(saved.get('formats.xlsx')).map(([cell]) => cell?.type)
  expect(types).toHaveLength(CODES.length)
  const expected = CODES.map((code, n) => `${code}: ${['date', 'time'].includes(types[n] ?? '') ? DATE : SERIAL}`)

  const rows = await readRows(workbook)
  const read = rows.map(({ number, cells }) => `${CODES[number - 1]}: ${cells[0]}`)
  expect(read).toEqual(expected)
})
