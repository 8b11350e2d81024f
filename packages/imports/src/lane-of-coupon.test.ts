import { expect, test } from 'vitest'

import { laneOfRow, type Partitioning } from './lane-of-coupon.ts'
import type { MappedRow } from './map-record.ts'

const ROW: MappedRow = {
  customerKey: 'mobile',
  customer: '900',
  couponKey: 'couponCode',
  coupon: 'generic',
  till: '7',
  redeemedMs: Date.UTC(2024, 0, 1),
  billId: null,
  billNumber: null,
  details: null,
}
const ROWS = 4_000

/** How many of some rows each lane gets. */
function countByLane(rows: readonly (MappedRow | null)[], partitioning: Partitioning): number[] {
  const counts = Array.from({ length: partitioning.laneCount }, () => 0)
  for (const [index, row] of rows.entries()) {
    const lane = laneOfRow(row, index + 1, partitioning)
    counts[lane] = (counts[lane] ?? NaN) + 1
  }
  return counts
}

const many = (change: (n: number) => Partial<MappedRow>): MappedRow[] =>
  Array.from({ length: ROWS }, (_, n) => ({ ...ROW, ...change(n) }))

test('rows of one coupon are in one lane', () => {
  const rows = many((n) => ({ redeemedMs: ROW.redeemedMs + n, till: String(n), customer: String(n) }))
  expect(countByLane(rows, { laneCount: 4, by: 'coupon' }).filter((count) => count > 0)).toEqual([ROWS])
})

test('by redemption, equal rows are in one lane, whichever name their coupon and customer go by', () => {
  const rows = many((n) => ({ coupon: `name-${n}`, customer: `name-${n}` }))
  expect(countByLane(rows, { laneCount: 4, by: 'redemption' }).filter((count) => count > 0)).toEqual([ROWS])
})

test.each([
  ['coupons', 'coupon', (n: number) => ({ coupon: `C${n}` })],
  ['milliseconds', 'redemption', (n: number) => ({ redeemedMs: ROW.redeemedMs + n })],
  ['whole minutes', 'redemption', (n: number) => ({ redeemedMs: ROW.redeemedMs + n * 60_000 })],
  ['tills at one time', 'redemption', (n: number) => ({ till: String(n) })],
] as const)('%s are spread evenly', (_what, by, change) => {
  for (const laneCount of [2, 3, 4, 8]) {
    for (const count of countByLane(many(change), { laneCount, by })) {
      expect(count).toBeGreaterThan((ROWS / laneCount) * 0.8)
      expect(count).toBeLessThan((ROWS / laneCount) * 1.2)
    }
  }
})

test('rejected rows are spread by their number', () => {
  const rejected = Array.from({ length: 8 }, () => null)
  for (const by of ['coupon', 'redemption'] as const) {
    expect(countByLane(rejected, { laneCount: 4, by })).toEqual([2, 2, 2, 2])
  }
})
