import { COLUMN_KEYS, type ColumnKey, type ColumnMapping } from '@importer/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { cellReaderOf } from '../rules/read-cell.ts'
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

test.each<ReportForm>(['program', 'spreadsheet', 'workbook'])(
  'a report of the form %s says of each cell what its file said, however often it is sent again',
  (form) => {
    fc.assert(
      fc.property(cells, fc.constantFrom(...COLUMN_KEYS), (cell, key) => {
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
  ['program', 'details', "'=1", "''=1"],
  ['program', 'details', "'5 left", "''5 left"],
  ['program', 'details', "'\tindented", "''\tindented"],
  ['program', 'billNumber', "a;'=1", "a;''=1"],
  ['program', 'details', "'quoted'", "'quoted'"],
  ['spreadsheet', 'details', "'=1", "''=1"],
  ['workbook', 'details', '=1', '=1'],
  ['workbook', 'details', "'5 left", "''5 left"],
  ['raw', 'details', "'5 left", "'5 left"],
] as const)('for %s a %s of %j is written %j', (form, key, cell, written) => {
  expect(createCellWriter(mapping, false, form)(cell, positions[key])).toBe(written)
})
