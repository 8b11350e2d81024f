/** Cells that a real LibreOffice makes of what people type, in its workbook: the importer reads what LibreOffice says that they hold. */
import { expect, test } from 'vitest'

import { prepareLibreOffice, type Language } from './libre-office.ts'
import { readCells, readRows, type TakenCell } from './read-saved.ts'

/** What stands for each language's own: a fraction, a group of thousands, a truth, dates. */
const TYPED: Readonly<Record<Language, readonly string[]>> = {
  english: [
    ['1234.5', '-0.000125', '1,234,567.5', '$1,299.00', '(5.00)', '12.5%', '1 3/4', 'TRUE', 'FALSE', '1.5E+03'],
    ['10/21/2020', '10/21/20', '10/21/2020 9:05 PM', 'Oct 21, 2020', '21-Oct-20', '9:05 PM', '09:30:15.25'],
  ].flat(),
  german: [
    ['1234,5', '-0,000125', '1.234.567,5', '1.299,00 €', '12,5 %', 'WAHR', 'FALSCH', '1,5E+03'],
    ['21.10.2020', '21.10.20', '21.10.2020 21:05', '21. Okt 2020', '21. Oktober 2020', '09:30:15,25'],
  ].flat(),
}
const IN_BOTH = [
  ['0', '7', '007', '-12', '123456789012345', '919876543210', '1603263535123', '8E-7', '3E20', '1E5', 'SPRING-1'],
  ['2020-10-21', '2020-10-21 09:05:15', '2020-10-21T09:05:15', '9:05', '09:30:15', '33:20:40', '99:59:59', '24:00:00'],
  ["it's", 'two words', 'ÄÖÜ', '1-2-3x', '#N/A', '=1'],
].flat()

/** What the importer is to read of a cell, as the format of OpenDocument says what it holds. */
function expectedOf({ type, value, shown }: TakenCell): string {
  switch (type) {
    case 'float':
    case 'percentage':
    case 'currency':
      return Number(value).toLocaleString('en', {
        useGrouping: false,
        maximumSignificantDigits: 15,
        maximumFractionDigits: 20,
      })
    case 'date':
      return value.includes('T') ? value : `${value}T00:00:00`
    case 'time': {
      const [, hours = '', minutes = '', seconds = '', fraction = ''] =
        /PT(\d+)H(\d+)M(\d+)(?:\.(\d+))?S/.exec(value) ?? []
      const ms = fraction.slice(0, 3).padEnd(3, '0')
      return `${hours}:${minutes}:${seconds}${ms === '000' ? '' : `.${ms}`}`
    }
    case 'boolean':
      return value.toUpperCase()
    default:
      return shown.replaceAll('&apos;', "'").replaceAll('&amp;', '&')
  }
}

test.each(['english', 'german'] as const)('typed in %s', async (language) => {
  const typed = [...IN_BOTH, ...TYPED[language]]
  const saveAgain = await prepareLibreOffice()
  const csv = { name: 'typed.csv', content: Buffer.from(typed.map((text) => `"${text}"\n`).join('')) }
  // Quotes are no sign of a text here: every cell is looked at as if it were typed.
  const options = { delimiter: ',', language }
  const workbook = (await saveAgain([csv], options, 'xlsx')).get(csv.name) ?? new Uint8Array()
  const again = await saveAgain([{ name: 'typed.xlsx', content: workbook }], options, 'fods')
  const taken = readCells(again.get('typed.xlsx')).map(([cell]) => cell)
  const rows = await readRows(workbook)
  const read = typed.map((text, index) => `${text}: ${rows.find(({ number }) => number === index + 1)?.cells[0]}`)
  expect(read).toEqual(
    typed.map((text, index) => `${text}: ${taken[index] === undefined ? '' : expectedOf(taken[index])}`),
  )
  // Else it would hold nothing to anything.
  const types = ['float', 'percentage', 'date', 'time', 'boolean', 'string']
  expect(taken.map((cell) => cell?.type)).toEqual(expect.arrayContaining(types))
})
