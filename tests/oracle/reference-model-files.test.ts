import type { ColumnMapping } from '@importer/contracts'
import { describe, expect, it } from 'vitest'

import { updateReference, type Reference } from './reference-data.ts'
import type { SourceRecord } from './reference-model.ts'
import { GOOD, evaluateRecords, makeRecord, ms, REFERENCE, sum, type Cells } from './small-world.ts'

/** `undefined` leaves the column out. */
function limitedTo(limit: string | undefined): Reference {
  const own = { id: '5', validFrom: '2021-01-10', validTill: '2021-11-20' }
  return { ...REFERENCE, series: [limit === undefined ? own : { ...own, maxRedemptionsPerCoupon: limit }] }
}

const AGAIN = { redeemedDateInMillis: ms('2021-06-02T12:00:00Z') }
const THIRD = { redeemedDateInMillis: ms('2021-06-03T12:00:00Z') }
const USED = 'COUPON_ALREADY_REDEEMED couponCode'
const SPENT = 'REDEMPTION_LIMIT_REACHED couponCode'

/** Rows after one another, each the good one with some cells changed; the series' limit; what becomes of them. */
const TOGETHER: readonly (readonly [string, string | undefined, readonly Cells[], readonly string[]])[] = [
  [
    'the same row again is a duplicate, though the limit is 1',
    '1',
    [{}, {}, {}],
    ['inserted', 'duplicate', 'duplicate'],
  ],
  [
    'said in other words it is the same',
    '1',
    [{}, { mobile: '', userId: '1', couponId: '100' }],
    ['inserted', 'duplicate'],
  ],
  ['bill and details do not matter', '1', [{ billId: '1' }, { billId: '2', details: 'x' }], ['inserted', 'duplicate']],
  ['another millisecond competes', '1', [{}, AGAIN], ['inserted', USED]],
  ['another till competes', '1', [{}, { redeemedAt: '11' }], ['inserted', USED]],
  ['another customer competes', '1', [{}, { userId: '2' }], ['inserted', USED]],
  ['the earlier in the file wins, not in time', '1', [AGAIN, {}], ['inserted', USED]],
  ['the default is 1', undefined, [{}, AGAIN], ['inserted', USED]],
  ['two', '2', [{}, AGAIN, THIRD], ['inserted', 'inserted', SPENT]],
  [
    'a duplicate uses nothing up',
    '2',
    [{}, {}, AGAIN, AGAIN, THIRD],
    ['inserted', 'duplicate', 'inserted', 'duplicate', SPENT],
  ],
  ['no limit', '', [{}, AGAIN, THIRD], ['inserted', 'inserted', 'inserted']],
  ['a rejected row uses nothing up', '1', [{ redeemedAt: '12' }, {}], ['TILL_NOT_FOUND redeemedAt', 'inserted']],
  ['what repeats a rejected row is rejected alike', '1', [{}, AGAIN, AGAIN], ['inserted', USED, USED]],
  [
    'the limit comes last',
    '1',
    [{ couponCode: 'DAY' }, { couponCode: 'DAY', redeemedDateInMillis: ms('2021-07-01T00:00:00Z') }],
    ['inserted', 'COUPON_EXPIRED redeemedDateInMillis'],
  ],
  ['coupons do not share a limit', '1', [{}, { ...AGAIN, couponCode: 'DAY' }], ['inserted', 'inserted']],
]

describe('rows together', () => {
  it.each(TOGETHER)('%s', (_, limit, changes, expected) => {
    const records = changes.map((change, n) => makeRecord({ ...GOOD, ...change }, n + 1))
    expect(evaluateRecords(records, { reference: limitedTo(limit) }).rows.map(sum)).toEqual(expected)
  })
})

describe('an earlier import', () => {
  const first = evaluateRecords([makeRecord(GOOD)])

  it('makes the same file all duplicates and adds nothing', () => {
    const second = evaluateRecords([makeRecord(GOOD)], { recorded: first.recorded })
    expect(second.rows.map(sum)).toEqual(['duplicate'])
    expect(second.recorded).toEqual(first.recorded)
  })

  it('counts toward the limit', () => {
    expect(evaluateRecords([makeRecord({ ...GOOD, ...AGAIN })], { recorded: first.recorded }).rows.map(sum)).toEqual([
      USED,
    ])
  })

  it('is recorded, so a duplicate, though the coupon is revoked by now', () => {
    const reference = updateReference(REFERENCE, { coupons: [{ id: '100', status: 'REVOKED' }] })
    const records = [makeRecord(GOOD), makeRecord({ ...GOOD, ...AGAIN })]
    const { rows } = evaluateRecords(records, { recorded: first.recorded, reference })
    expect(rows.map(sum)).toEqual(['duplicate', 'COUPON_REVOKED couponCode'])
  })
})

describe('records', () => {
  const cells = (...texts: string[]): SourceRecord => ({ kind: 'cells', line: 1, cells: texts })
  const narrow: ColumnMapping = {
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    positions: { redeemedDateInMillis: 1, redeemedAt: 0, mobile: 2, couponCode: 3, details: 5 },
  }
  const good = ['10', GOOD.redeemedDateInMillis, GOOD.mobile, 'PLAIN']
  const torn: SourceRecord = { kind: 'unreadable', line: 1, code: 'MALFORMED_ROW', raw: '"' }

  it.each<[string, SourceRecord[], string[]]>([
    ['absent trailing columns', [cells(...good)], ['inserted']],
    ['more columns than mapped', [cells(...good, '', '', 'more', 'and more')], ['inserted']],
    ['no coupon column', [cells(...good.slice(0, 3))], ['MALFORMED_ROW couponCode']],
    ['only a bad till', [cells('x1')], ['MALFORMED_ROW redeemedDateInMillis']],
    ['a header', [cells('till', 'date', '', ''), cells(...good)], ['inserted']],
    ['a header only', [cells('till', 'date')], []],
    [
      'a header once',
      [cells('till', 'date', 'm', 'c'), cells('till', 'date', '5', 'x')],
      ['INVALID_DATE redeemedDateInMillis, INVALID_NUMBER redeemedAt'],
    ],
    [
      'a digit in the date',
      [cells('till', 'date 1', 'm', 'c')],
      ['INVALID_DATE redeemedDateInMillis, INVALID_NUMBER redeemedAt'],
    ],
    [
      'a digit in the till',
      [cells('till2', 'date', 'm', 'c')],
      ['INVALID_DATE redeemedDateInMillis, INVALID_NUMBER redeemedAt'],
    ],
    ['a digit elsewhere', [cells('till', 'date', 'line 1', 'code 2')], []],
    [
      'no name of the till',
      [cells(' ', 'date', 'm', 'c')],
      ['MISSING_VALUE redeemedAt, INVALID_DATE redeemedDateInMillis'],
    ],
    [
      'an unreadable one first',
      [torn, cells('till', 'date', 'm', 'c')],
      ['MALFORMED_ROW', 'INVALID_DATE redeemedDateInMillis, INVALID_NUMBER redeemedAt'],
    ],
    [
      'one in the middle',
      [cells(...good), { ...torn, code: 'INVALID_ENCODING', raw: null }, cells(...good)],
      ['inserted', 'INVALID_ENCODING', 'duplicate'],
    ],
  ])('%s', (_, records, expected) => {
    const { rows } = evaluateRecords(records, { mapping: narrow })
    expect(rows.map(sum)).toEqual(expected)
    expect(rows.map((row) => row.rowNumber)).toEqual(expected.map((__, n) => n + 1))
  })
})
