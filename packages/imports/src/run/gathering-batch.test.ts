import { describeColumn, type ColumnKey } from '@importer/contracts'
import type { BatchColumns } from '@importer/db'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { GatheringBatch } from './gathering-batch.ts'
import type { MappedRow } from '../rules/map-record.ts'

const KEYS = {
  customerKeys: ['mobile', 'userId'],
  couponKeys: ['couponCode', 'couponId'],
  optionalKeys: ['billNumber', 'billId'],
} as const

/** The elements of an array in PostgreSQL's binary format: `array_send`, and the `send` functions of its elements. */
function decode(array: Buffer): (string | null)[] {
  if (array.readInt32BE(0) === 0) return []
  const type = array.readInt32BE(8)
  const elements: (string | null)[] = []
  let at = 20
  while (elements.length < array.readInt32BE(12)) {
    const length = array.readInt32BE(at)
    at += 4
    if (length === -1) elements.push(null)
    else {
      const bytes = array.subarray(at, at + length)
      elements.push(type === 25 ? bytes.toString() : String(type === 20 ? bytes.readBigInt64BE() : bytes.readInt32BE()))
      at += length
    }
  }
  expect(at).toBe(array.length)
  return elements
}

function decodeAll({ columnCount, customers, coupons, optional, ...plain }: BatchColumns) {
  const entries = Object.entries({ ...plain, ...customers, ...coupons, ...optional })
  return { columnCount, ...Object.fromEntries(entries.map(([name, array]) => [name, decode(array)])) }
}

const digits = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }).map(String)
const text = fc.string({ unit: 'grapheme' })
const valueOf = (key: ColumnKey) => (describeColumn(key).type === 'id' ? digits : text)
const optionalOf = (key: ColumnKey) => fc.option(valueOf(key))

const position = fc.record({ row: fc.nat(2 ** 31 - 1), byte: fc.maxSafeNat(), line: fc.maxSafeNat() })
const goodRow = fc
  .record({ customerKey: fc.constantFrom(...KEYS.customerKeys), couponKey: fc.constantFrom(...KEYS.couponKeys) })
  .chain(({ customerKey, couponKey }) =>
    fc.record({
      customerKey: fc.constant(customerKey),
      couponKey: fc.constant(couponKey),
      customer: valueOf(customerKey),
      coupon: valueOf(couponKey),
      till: fc.oneof(digits, fc.constant('-1')),
      redeemedMs: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }),
      optional: fc.record({ billNumber: optionalOf('billNumber'), billId: optionalOf('billId') }),
    }),
  )
const gathered = fc.record({
  position,
  cells: fc.nat(1_024),
  content: fc.oneof(goodRow, fc.array(fc.nat(2 ** 15 - 1), { minLength: 1, maxLength: 4 })),
  isMarked: fc.boolean(),
})
type Gathered = typeof gathered extends fc.Arbitrary<infer Value> ? Value : never

function gather(batch: GatheringBatch, rows: readonly Gathered[]): void {
  // The mapper gives the same object each time.
  const shared = {} as MappedRow
  for (const { position: at, content, cells, isMarked } of rows) {
    if (Array.isArray(content)) batch.addRejected(at, content, cells)
    else batch.addRow(at, Object.assign(shared, content), cells)
    if (isMarked) batch.addMark(at)
  }
}

/** What the columns must hold, said row by row. */
function expectedOf(rows: readonly Gathered[]) {
  const good = rows.flatMap(({ position: at, content }) => (Array.isArray(content) ? [] : [{ ...at, ...content }]))
  const bad = rows.flatMap(({ position: at, content }) => (Array.isArray(content) ? [{ ...at, errors: content }] : []))
  const marks = rows.flatMap(({ position: at, isMarked }) => (isMarked ? [at] : []))
  const numbers = <Row>(of: readonly Row[], pick: (row: Row) => number | string): string[] =>
    of.map((row) => String(pick(row)))
  return {
    columnCount: Math.max(0, ...rows.map(({ cells }) => cells)),
    rowNumbers: numbers(good, ({ row }) => row),
    lines: numbers(good, ({ line }) => line),
    byteOffsets: numbers(good, ({ byte }) => byte),
    tills: numbers(good, ({ till }) => till),
    redeemedMs: numbers(good, ({ redeemedMs }) => redeemedMs),
    mobile: good.map(({ customerKey, customer }) => (customerKey === 'mobile' ? customer : null)),
    userId: good.map(({ customerKey, customer }) => (customerKey === 'userId' ? customer : null)),
    couponCode: good.map(({ couponKey, coupon }) => (couponKey === 'couponCode' ? coupon : null)),
    couponId: good.map(({ couponKey, coupon }) => (couponKey === 'couponId' ? coupon : null)),
    billNumber: good.map(({ optional }) => optional.billNumber),
    billId: good.map(({ optional }) => optional.billId),
    rejectedRowNumbers: numbers(bad, ({ row }) => row),
    rejectedLines: numbers(bad, ({ line }) => line),
    rejectedByteOffsets: numbers(bad, ({ byte }) => byte),
    rejectedErrors: bad.map(({ errors }) => `{${errors.join(',')}}`),
    markRowNumbers: numbers(marks, ({ row }) => row),
    markLines: numbers(marks, ({ line }) => line),
    markByteOffsets: numbers(marks, ({ byte }) => byte),
  }
}

test('what is taken is what was gathered since the last time, and stays while the next is gathered', () => {
  fc.assert(
    fc.property(fc.array(fc.array(gathered, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), (batches) => {
      const batch = new GatheringBatch(KEYS)
      let taken: BatchColumns | null = null
      let expected = expectedOf([])
      for (const rows of batches) {
        gather(batch, rows)
        expect(batch.size).toBe(rows.length)
        // On its way until now.
        if (taken !== null) expect(decodeAll(taken)).toEqual(expected)
        taken = batch.take()
        expected = expectedOf(rows)
        expect(batch.size).toBe(0)
        expect(decodeAll(taken)).toEqual(expected)
      }
    }),
  )
})
