import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import yazl from 'yazl'

import type { WorkbookRow } from './read-sheet.ts'
import { readWorkbook } from './read-workbook.ts'
import { writeWorkbook } from './write-workbook.ts'

const LIMITS = { maxUnpackedBytes: 64 * 1024 * 1024 }

async function read(bytes: Buffer, limits = LIMITS): Promise<WorkbookRow[]> {
  const source = { bytes: bytes.length, read: (from: number, to: number) => Readable.from([bytes.subarray(from, to)]) }
  const rows: WorkbookRow[] = []
  for await (const page of readWorkbook(source, limits)) rows.push(...page)
  return rows
}

function write(header: string[], rows: string[][]): Promise<Buffer> {
  async function* pages() {
    for (let i = 0; i < rows.length; i += 3) yield rows.slice(i, i + 3)
  }
  return buffer(writeWorkbook('rejected', header, pages()))
}

interface Parts {
  readonly sheet: string
  readonly strings?: string
  readonly styles?: string
  readonly workbook?: string
  readonly second?: string
}

function makeManyParts(count: number, fileComment = ''): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  const options = { compress: false, fileComment }
  for (let n = 0; n < count; n += 1) zip.addBuffer(Buffer.alloc(0), `part${n}`, options)
  zip.end()
  return buffer(zip.outputStream as Readable)
}

/** A workbook as another program may write it: prefixes, absolute targets, a sheet that is hidden. */
async function make({ sheet, strings, styles, workbook, second }: Parts): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  const add = (part: string, text: string) => zip.addBuffer(Buffer.from(text), part)
  add(
    'xl/_rels/workbook.xml.rels',
    `<Relationships xmlns="x"><Relationship Id="a" Type="http://x/worksheet" Target="/xl/worksheets/one.xml"/>
     <Relationship Id="b" Type="http://x/worksheet" Target="worksheets/two.xml"/></Relationships>`,
  )
  add(
    'xl/workbook.xml',
    workbook ??
      `<x:workbook xmlns:x="m" xmlns:r="r"><x:sheets><x:sheet name="A" sheetId="1" r:id="a"/><x:sheet name="B" r:id="b"/></x:sheets></x:workbook>`,
  )
  add('xl/worksheets/one.xml', `<worksheet xmlns="m"><sheetData>${sheet}</sheetData></worksheet>`)
  add('xl/worksheets/two.xml', `<worksheet xmlns="m"><sheetData>${second ?? ''}</sheetData></worksheet>`)
  if (strings !== undefined) add('xl/sharedStrings.xml', `<sst xmlns="m">${strings}</sst>`)
  if (styles !== undefined) add('xl/styles.xml', `<styleSheet xmlns="m">${styles}</styleSheet>`)
  zip.end()
  return buffer(zip.outputStream as Readable)
}

describe('what is written is read again', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      '0',
      '=',
      "'",
      '"',
      '<',
      '&',
      '>',
      '_x0041_',
      '\n',
      '\r',
      '\t',
      '\0',
      ' ',
      'é',
      '😀',
      '\ud800',
    ),
  })
  test('cell by cell', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (rows) => {
        const read1 = await read(await write(['a', 'b', 'c', 'd'], rows))
        const expected = [['a', 'b', 'c', 'd'], ...rows].map(dropEmptyEnd).map(dropBlankRow)
        const byNumber = new Map(read1.map(({ number, cells }) => [number, cells]))
        expect(expected.map((_cells, i) => byNumber.get(i + 1) ?? [])).toEqual(expected)
      }),
      { numRuns: 60 },
    ))

  test('the same rows give the same bytes, whatever the day', async () => {
    expect(await write(['a'], [['1']])).toEqual(await write(['a'], [['1']]))
  })

  test('a text that no cell can hold is cut, and columns beyond the last are left out', async () => {
    const [, row] = await read(await write(['a'], [['x'.repeat(40_000), ...Array.from({ length: 16_400 }, () => 'y')]]))
    expect(row?.cells[0]).toHaveLength(32_767)
    expect(row?.cells).toHaveLength(16_384)
  })
})

/** A row in which nothing can be seen is no row. */
function dropBlankRow(cells: readonly string[]): readonly string[] {
  return cells.every((cell) => cell.trim() === '') ? [] : cells
}

function dropEmptyEnd(cells: readonly string[]): string[] {
  const last = cells.findLastIndex((cell) => cell !== '')
  return cells.slice(0, last + 1)
}

describe('cells show', () => {
  const styles = `<numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/><numFmt numFmtId="165" formatCode="000000"/>
    <numFmt numFmtId="166" formatCode="[Red]0.00&quot; days&quot;"/><numFmt numFmtId="167" formatCode="[hh]:mm:ss"/></numFmts>
    <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
    <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/>
    <xf numFmtId="46"/></cellXfs>`
  test.each([
    ['a number with all its digits', '<c><v>1.603263535E12</v></c>', '1603263535000'],
    ['a number of thirteen digits', '<c><v>1603263535123</v></c>', '1603263535123'],
    ['a fraction', '<c><v>12.5</v></c>', '12.5'],
    ['a fraction of zeros', '<c><v>17.0</v></c>', '17'],
    ['a small number without an exponent', '<c><v>1E-7</v></c>', '0.0000001'],
    ['a date', '<c s="1"><v>44125</v></c>', '2020-10-21'],
    ['a date and time to the millisecond', '<c s="2"><v>44125.37517361111</v></c>', '2020-10-21T09:00:15'],
    ['a time of no day', '<c s="2"><v>0.375</v></c>', '09:00:00'],
    ['a time of no day to the millisecond', '<c s="2"><v>0.375002893518519</v></c>', '09:00:00.250'],
    ['hours that were counted', '<c s="5"><v>1.38935185185185</v></c>', '33:20:40'],
    [
      'hours that were counted, by a format that every workbook has',
      '<c s="6"><v>4.13059027777778</v></c>',
      '99:08:03',
    ],
    ['counted hours of less than a day', '<c s="5"><v>0.375</v></c>', '09:00:00'],
    ['a date in a format of counted hours', '<c s="5"><v>44125.375</v></c>', '2020-10-21T09:00:00'],
    ['the zeros of its format', '<c s="3"><v>1234</v></c>', '001234'],
    ['a number whose format only speaks of days', '<c s="4"><v>3</v></c>', '3'],
    ['a shared text of several runs without the reading aid', '<c t="s"><v>1</v></c>', 'Gutschein'],
    ['a shared text with blanks and a line break', '<c t="s"><v>0</v></c>', ' a\r\nb '],
    ['a formula that gave text', '<c t="str"><f>A1</f><v>00123</v></c>', '00123'],
    ['a formula that gave a number', '<c><f>1+1</f><v>2</v></c>', '2'],
    ['an error', '<c t="e"><v>#N/A</v></c>', '#N/A'],
    ['a truth', '<c t="b"><v>1</v></c>', 'TRUE'],
    ['an ISO date', '<c t="d"><v>2020-10-21T09:00:00Z</v></c>', '2020-10-21T09:00:00Z'],
  ])('%s', async (_name, cell, expected) => {
    const strings = `<si><t xml:space="preserve"> a_x000D_\nb </t></si><si><r><t>Gut</t></r><r><t>schein</t></r><rPh><t>x</t></rPh></si>`
    const rows = await read(await make({ sheet: `<row>${cell}</row>`, strings, styles }))
    expect(rows).toEqual([{ number: 1, cells: [expected] }])
  })

  test('where they stand', async () => {
    const sheet =
      '<row r="3"><c r="B3"><v>1</v></c><c r="AA3"><v>2</v></c><c r="AB3"/></row><row r="9"><c r="A9"/></row><row r="12"><c><v>3</v></c></row>'
    const rows = await read(await make({ sheet }))
    expect(rows.map(({ number, cells }) => [number, cells.length, cells.indexOf('1'), cells.indexOf('2')])).toEqual([
      [3, 27, 1, 26],
      [12, 1, -1, -1],
    ])
  })

  test('dates of the calendar of 1904', async () => {
    const workbook = `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet r:id="a"/></sheets></workbook>`
    const rows = await read(await make({ sheet: '<row><c s="1"><v>42663</v></c></row>', styles, workbook }))
    expect(rows[0]?.cells).toEqual(['2020-10-21'])
  })
})

describe('the sheet is the first that', () => {
  const one = '<row><c><v>1</v></c></row>'
  const two = '<row><c><v>2</v></c></row>'
  test('has content', async () => {
    expect((await read(await make({ sheet: '<row r="1"><c r="A1"/></row>', second: two })))[0]?.cells).toEqual(['2'])
  })

  test('is not hidden', async () => {
    const workbook = `<workbook xmlns:r="r"><sheets><sheet state="hidden" r:id="a"/><sheet r:id="b"/></sheets></workbook>`
    expect((await read(await make({ sheet: one, second: two, workbook })))[0]?.cells).toEqual(['2'])
  })
})

describe('a file that is no workbook is refused:', () => {
  test.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
    ['cut off', async () => (await write(['a'], [['b']])).subarray(0, 900), /table of contents/],
    [
      'another zip',
      () => Buffer.from('504b0506000000000000000000000000000000000000', 'hex'),
      /zip archive without a workbook/,
    ],
    ['no sheet', () => make({ sheet: '', workbook: '<workbook/>' }), /no sheet/],
    ['broken XML', () => make({ sheet: '<row><c>' }), /XML is damaged/],
    [
      'a document type',
      () => make({ sheet: '', workbook: '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>' }),
      /document type/,
    ],
    ['a text that is not there', () => make({ sheet: '<row><c t="s"><v>5</v></c></row>' }), /names the text 5/],
    ['more parts than a workbook has', () => makeManyParts(2_001), /2001 parts, more than 2000/],
    ['notes without end on its parts', () => makeManyParts(20, 'x'.repeat(60_000)), /names or notes that are too long/],
    ['a cell beyond every column', () => make({ sheet: '<row><c r="XFE1"><v>1</v></c></row>' }), /stands at XFE1/],
  ])('%s', async (_name, bytes, message) => {
    await expect(read(await bytes())).rejects.toThrow(message)
  })

  test('what unpacks to more than it may', async () => {
    const bytes = await make({ sheet: `<row><c t="str"><v>${'x'.repeat(2_000_000)}</v></c></row>` })
    await expect(read(bytes, { maxUnpackedBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'COMPRESSION_RATIO_TOO_HIGH',
    })
  })
})

test('thousands of parts are looked through without blocking the event loop', async () => {
  const bytes = await makeManyParts(2_000)
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 0)
  await expect(read(bytes).finally(() => clearInterval(timer))).rejects.toThrow(/without a workbook/)
  expect(ticks).toBeGreaterThan(5)
})

test('rows that have one cell, far to the right, hold no more than that', async () => {
  const [row] = await read(await make({ sheet: '<row><c r="XFD1"><v>1</v></c></row>' }))
  expect([row?.cells.length, row?.cells[0], row?.cells[16_383]]).toEqual([16_384, '', '1'])
})

test('what the source or the rows throw comes out as it is', async () => {
  const gone = Object.assign(new Error('gone'), { code: 'EIO' })
  async function* rows(): AsyncGenerator<string[][]> {
    yield [['1']]
    throw gone
  }
  await expect(buffer(writeWorkbook('x', ['a'], rows()))).rejects.toBe(gone)
})

test('rows that are as wide as rows may be come few at a time, however short they are written', async () => {
  const count = 500
  const sheet = Array.from({ length: count }, (_, n) => `<row r="${n + 1}"><c r="XFD${n + 1}"><v>1</v></c></row>`)
  const bytes = await make({ sheet: sheet.join('') })
  const source = { bytes: bytes.length, read: (from: number, to: number) => Readable.from([bytes.subarray(from, to)]) }
  let rows = 0
  for await (const page of readWorkbook(source, LIMITS)) {
    expect(page.length).toBeLessThan(150)
    expect(page[0]?.cells).toHaveLength(16_384)
    rows += page.length
  }
  expect(rows).toBe(count)
})
