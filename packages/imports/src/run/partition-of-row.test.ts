import { expect, test } from 'vitest'

import { partitionOfRow, type Partitioning } from './partition-of-row.ts'
import type { MappedRow } from '../rules/map-record.ts'

const ROW: MappedRow = {
  customerKey: 'mobile',
  customer: '900',
  couponKey: 'couponCode',
  coupon: 'generic',
  till: '7',
  redeemedMs: Date.UTC(2024, 0, 1),
  optional: {},
}
const ROWS = 4_000

/** How many of some rows each partition gets. */
function countByPartition(rows: readonly (MappedRow | null)[], partitioning: Partitioning): number[] {
  const counts = Array.from({ length: partitioning.partitionCount }, () => 0)
  for (const [index, row] of rows.entries()) {
    const partition = partitionOfRow(row, index + 1, partitioning)
    counts[partition] = (counts[partition] ?? NaN) + 1
  }
  return counts
}

const many = (change: (n: number) => Partial<MappedRow>): MappedRow[] =>
  Array.from({ length: ROWS }, (_, n) => ({ ...ROW, ...change(n) }))

test('rows of one coupon are in one partition', () => {
  const rows = many((n) => ({ redeemedMs: ROW.redeemedMs + n, till: String(n), customer: String(n) }))
  expect(countByPartition(rows, { partitionCount: 4, by: 'coupon' }).filter((count) => count > 0)).toEqual([ROWS])
})

test('by redemption, equal rows are in one partition, whichever name their coupon and customer go by', () => {
  const rows = many((n) => ({ coupon: `name-${n}`, customer: `name-${n}` }))
  expect(countByPartition(rows, { partitionCount: 4, by: 'redemption' }).filter((count) => count > 0)).toEqual([ROWS])
})

test.each([
  ['coupons', 'coupon', (n: number) => ({ coupon: `C${n}` })],
  ['milliseconds', 'redemption', (n: number) => ({ redeemedMs: ROW.redeemedMs + n })],
  ['whole minutes', 'redemption', (n: number) => ({ redeemedMs: ROW.redeemedMs + n * 60_000 })],
  ['tills at one time', 'redemption', (n: number) => ({ till: String(n) })],
] as const)('%s are spread evenly', (_what, by, change) => {
  for (const partitionCount of [2, 3, 4, 8]) {
    for (const count of countByPartition(many(change), { partitionCount, by })) {
      expect(count).toBeGreaterThan((ROWS / partitionCount) * 0.8)
      expect(count).toBeLessThan((ROWS / partitionCount) * 1.2)
    }
  }
})

test('rejected rows are spread by their number', () => {
  const rejected = Array.from({ length: 8 }, () => null)
  for (const by of ['coupon', 'redemption'] as const) {
    expect(countByPartition(rejected, { partitionCount: 4, by })).toEqual([2, 2, 2, 2])
  }
})
