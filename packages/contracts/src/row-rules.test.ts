import { readFile } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import type { ColumnKey } from './columns.ts'
import { LIKELY_CAUSES } from './find-likely-cause.ts'
import { IMPORT_FAILURES } from './import-failures.ts'
import { renderErrorCatalogue } from './render-error-catalogue.ts'
import { adviseOn, codeOf, describeRowError, summarizeRowError } from './row-errors.ts'
import { ROW_RULES, type RowErrorCode, type RowErrorReason } from './row-rules.ts'

test('docs/errors.md is what the tables say (npm run docs:errors writes it)', async () => {
  const file = new URL('../../../docs/errors.md', import.meta.url)
  expect(await readFile(file, 'utf8')).toBe(renderErrorCatalogue())
})

interface Case {
  readonly reason: RowErrorReason
  readonly field: ColumnKey | null
  readonly value: string
  /** That of the documented API. */
  readonly number: number
  readonly message: string
  readonly heading: string
}

/** Of each code a value as people have it, and what they read about it. */
const CASES: Readonly<Record<RowErrorCode, Case>> = {
  MISSING_VALUE: {
    reason: 'value_missing',
    field: 'redeemedAt',
    value: '',
    number: 629,
    message: 'redeemedAt is empty, expected a value',
    heading: 'redeemedAt is empty',
  },
  INVALID_DATE: {
    reason: 'date_not_millis',
    field: 'redeemedDateInMillis',
    value: 'soon',
    number: 739,
    message:
      'redeemedDateInMillis "soon" is no date of the expected format, expected whole epoch milliseconds such as 1603263535000',
    heading: 'redeemedDateInMillis is not a date that can be read',
  },
  INVALID_NUMBER: {
    reason: 'not_a_number',
    field: 'redeemedAt',
    value: '-5',
    number: 629,
    message: 'redeemedAt "-5" is no id, expected a whole number',
    heading: 'redeemedAt is not a whole number',
  },
  VALUE_TOO_LONG: {
    reason: 'over_255',
    field: 'email',
    value: 'x'.repeat(300),
    number: 629,
    message: `email "${'x'.repeat(80)}…" is too long, expected at most 255 characters`,
    heading: 'email is too long',
  },
  MALFORMED_ROW: {
    reason: 'quote_not_closed',
    field: null,
    value: '"17',
    number: 629,
    message: 'a cell opens with a quote that is never closed, expected a closing quote',
    heading: 'The record cannot be split into cells',
  },
  INVALID_ENCODING: {
    reason: 'not_utf8',
    field: null,
    value: 'M\ufffdller',
    number: 629,
    message:
      'the record holds bytes that are no UTF-8, expected a file in UTF-8, or the field encoding with the upload (windows-1252 for a file of an older program)',
    heading: 'The record is not in the encoding of the file',
  },
  CUSTOMER_NOT_FOUND: {
    reason: 'customer_not_found',
    field: 'email',
    value: 'who@example.com',
    number: 701,
    message: 'no customer has email "who@example.com", expected a customer of this organization',
    heading: 'No customer has this email',
  },
  COUPON_NOT_FOUND: {
    reason: 'coupon_not_found',
    field: 'couponCode',
    value: 'SAVE1O',
    number: 719,
    message: 'no coupon has couponCode "SAVE1O", expected a coupon of this series',
    heading: 'No coupon has this couponCode',
  },
  COUPON_NOT_IN_SERIES: {
    reason: 'coupon_not_in_series',
    field: 'couponCode',
    value: 'COLD',
    number: 702,
    message: 'the coupon with couponCode "COLD" belongs to another series, expected a coupon of this series',
    heading: 'The coupon belongs to another series',
  },
  TILL_NOT_FOUND: {
    reason: 'till_not_found',
    field: 'redeemedAt',
    value: '99',
    number: 735,
    message: 'no till has the id "99" (redeemedAt), expected a till of this organization',
    heading: 'No till has this id',
  },
  COUPON_REVOKED: {
    reason: 'coupon_revoked',
    field: 'couponCode',
    value: 'C1',
    number: 660,
    message: 'the coupon with couponCode "C1" is revoked, expected an active coupon',
    heading: 'The coupon is revoked',
  },
  COUPON_NOT_ISSUED_TO_CUSTOMER: {
    reason: 'coupon_not_issued_to_customer',
    field: 'couponId',
    value: '17',
    number: 703,
    message: 'the coupon with couponId "17" was issued to another customer, expected the customer it was issued to',
    heading: 'The coupon was issued to another customer',
  },
  SERIES_NOT_ACTIVE: {
    reason: 'series_not_active',
    field: 'redeemedDateInMillis',
    value: '1603263535000',
    number: 712,
    message:
      'redeemedDateInMillis "1603263535000" is outside the time in which the series is valid, expected a date within it',
    heading: 'The redemption is outside the time of its series',
  },
  COUPON_EXPIRED: {
    reason: 'coupon_expired',
    field: 'redeemedDateInMillis',
    value: '1603263535000',
    number: 713,
    message: 'redeemedDateInMillis "1603263535000" is after the end of the coupon, expected a date before it',
    heading: 'The redemption is after the end of its coupon',
  },
  COUPON_ALREADY_REDEEMED: {
    reason: 'coupon_already_redeemed',
    field: 'couponCode',
    value: 'C1',
    number: 711,
    message: 'the coupon with couponCode "C1" is already redeemed, expected one that is not',
    heading: 'The coupon is already redeemed',
  },
  REDEMPTION_LIMIT_REACHED: {
    reason: 'redemption_limit_reached',
    field: 'couponCode',
    value: 'C1',
    number: 728,
    message: 'the coupon with couponCode "C1" is redeemed as often as its series allows, expected one that is not',
    heading: 'The coupon is redeemed as often as its series allows',
  },
}

describe('each code', () => {
  test.each(Object.entries(CASES) as [RowErrorCode, Case][])('%s', (code, { reason, field, value, ...expected }) => {
    const error = { reason, field }
    expect({
      code: codeOf(error),
      number: ROW_RULES[code].number,
      message: describeRowError(error, value),
      heading: summarizeRowError(code, field),
    }).toEqual({ code, ...expected })
    const { cause, remedy } = ROW_RULES[code]
    expect(adviseOn(error, value)).toEqual({ cause, remedy })
  })

  test('is a sentence of cause and one of remedy, and so is what a value shows and what an import fails of', () => {
    const entries = [ROW_RULES, LIKELY_CAUSES, IMPORT_FAILURES].flatMap((part) => Object.values(part))
    for (const { cause, remedy } of entries) {
      expect(cause).toMatch(/^[A-Z].*\.$/)
      expect(remedy).toMatch(/^[A-Z].*\.$/)
    }
    // Several messages of one row are joined by it.
    for (const { hint } of Object.values(LIKELY_CAUSES)) expect(hint).not.toContain('; ')
  })
})
