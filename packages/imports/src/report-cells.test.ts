import { COLUMN_KEYS, type ColumnKey, type ColumnMapping } from '@importer/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { cellReaderOf } from './read-cell.ts'
import { createCellWriter, type ReportForm } from './report-cells.ts'

const positions = Object.fromEntries(COLUMN_KEYS.map((key, position) => [key, position])) as Record<ColumnKey, number>
const mapping: ColumnMapping = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE', positions }

const piece = fc.constantFrom(
  '=',
  '-',
  '+',
  "'",
  '"',
  ';',
  ',',
  '\t',
  '\n',
  ' ',
  'a',
  '1',
  '0',
  'TRUE',
  'MAR',
  '/',
  '2020-10-21',
)
const cells = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))

/** A report for programs leaves a cell alone that is guarded already, at its start or within. */
const isLeftAlone = (form: ReportForm, cell: string): boolean =>
  form === 'program' && /(?:^|[;\t\r\n])'['\s\u200b]*[=+\-\d]|^'[\t\r]/.test(cell.trim())

test.each<ReportForm>(['program', 'spreadsheet', 'workbook'])(
  'a report of the form %s says of each cell what its file said, however often it is sent again',
  (form) => {
    fc.assert(
      fc.property(cells, fc.constantFrom(...COLUMN_KEYS), (cell, key) => {
        fc.pre(!isLeftAlone(form, cell))
        const once = createCellWriter(mapping, false, form)(cell, positions[key])
        const twice = createCellWriter(mapping, true, form)(once, positions[key])
        const read = cellReaderOf(key, false)(cell)
        const readAgain = cellReaderOf(key, true)
        expect([readAgain(once), readAgain(twice)]).toEqual([read, read])
      }),
      { numRuns: 3_000 },
    )
  },
)

test.each([
  ['spreadsheet', 'couponCode', "'SPRING-1", "'SPRING-1"],
  ['spreadsheet', 'couponCode', "'TRUE", "''TRUE"],
  ['program', 'couponCode', "'TRUE", "''TRUE"],
  ['program', 'mobile', "'919800000001", "'919800000001"],
  ['program', 'details', "'=1", "'=1"],
  ['spreadsheet', 'details', "'=1", "''=1"],
  ['workbook', 'details', '=1', '=1'],
  ['workbook', 'details', "'5 left", "''5 left"],
  ['raw', 'details', "'5 left", "'5 left"],
] as const)('for %s a %s of %j is written %j', (form, key, cell, written) => {
  expect(createCellWriter(mapping, false, form)(cell, positions[key])).toBe(written)
})
