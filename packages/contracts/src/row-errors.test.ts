import { describe, expect, test } from 'vitest'

import { COLUMN_KEYS, COLUMNS } from './columns.ts'

import { codeOf, decodeRowError, encodeRowError, ROW_ERROR_REASON_NAMES } from './row-errors.ts'
import { ROW_RULES } from './row-rules.ts'

/**
 * What databases hold. A number here may never change and never be used for anything else: add new ones at the end.
 */
const STORED_REASONS: Record<string, number> = {
  value_missing: 0x10,
  customer_missing: 0x11,
  coupon_missing: 0x12,
  date_not_millis: 0x20,
  date_in_seconds: 0x21,
  date_too_early: 0x22,
  date_in_future: 0x23,
  date_not_existing: 0x24,
  date_without_offset: 0x25,
  date_not_in_calendar: 0x26,
  not_a_number: 0x30,
  over_255: 0x40,
  over_1000: 0x41,
  quote_not_closed: 0x50,
  text_after_quote: 0x51,
  record_too_long: 0x52,
  column_missing: 0x53,
  not_utf8: 0x60,
  nul_byte: 0x61,
  customer_not_found: 0x70,
  coupon_not_found: 0x80,
  coupon_not_in_series: 0x90,
  till_not_found: 0xa0,
  coupon_revoked: 0xb0,
  coupon_not_issued_to_customer: 0xc0,
  series_not_active: 0xd0,
  coupon_expired: 0xe0,
  coupon_already_redeemed: 0xf0,
  redemption_limit_reached: 0x100,
}

/** A column is stored as its position in this list, behind which new ones come. */
const STORED_COLUMNS = [
  'userId',
  'mobile',
  'email',
  'externalId',
  'couponId',
  'couponCode',
  'redeemedDateInMillis',
  'redeemedAt',
  'billId',
  'billNumber',
  'details',
]

describe('row errors are stored as they always were', () => {
  test('reasons', () => {
    const stored = ROW_ERROR_REASON_NAMES.map((reason) => [reason, encodeRowError({ reason, field: null }) >> 4])
    expect(Object.fromEntries(stored)).toEqual(STORED_REASONS)
  })

  test('columns', () => {
    expect(COLUMN_KEYS.slice(0, STORED_COLUMNS.length)).toEqual(STORED_COLUMNS)
    expect(COLUMN_KEYS.map((key) => COLUMNS[key].index)).toEqual([...COLUMN_KEYS.keys()])
    const stored = COLUMN_KEYS.map((field) => encodeRowError({ reason: 'value_missing', field }) & 15)
    expect(stored).toEqual([...COLUMN_KEYS.keys()])
  })

  test('every one is read again as what it was', () => {
    for (const reason of ROW_ERROR_REASON_NAMES) {
      for (const field of [...COLUMN_KEYS, null]) {
        const encoded = encodeRowError({ reason, field })
        expect(decodeRowError(encoded)).toEqual({ reason, field })
        expect(encoded >> 8).toBe(ROW_RULES[codeOf({ reason, field })].index)
      }
    }
  })

  test('a number that no version wrote is refused', () => {
    expect(() => decodeRowError(0x7fff)).toThrow(/32767/)
    expect(() => decodeRowError(0x10e)).toThrow(/270/)
  })
})
