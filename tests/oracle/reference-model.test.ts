import type { ColumnMapping } from '@importer/contracts'
import { describe, expect, it } from 'vitest'

import { GOOD, evaluateRecords, makeRecord, MAPPING, ms, sum, type Cells } from './small-world.ts'

/** One row that stands alone: the good one with some cells changed, and what the contract makes of it. */
const ALONE: readonly (readonly [string, Cells, string])[] = [
  ['the good row', {}, 'inserted'],
  // Syntax
  ['no date', { redeemedDateInMillis: '' }, 'MISSING_VALUE redeemedDateInMillis'],
  ['spaces are no date', { redeemedDateInMillis: '   ' }, 'MISSING_VALUE redeemedDateInMillis'],
  ['no till', { redeemedAt: '' }, 'MISSING_VALUE redeemedAt'],
  ['no customer at all', { mobile: '' }, 'MISSING_VALUE mobile'],
  ['no coupon at all', { couponCode: '' }, 'MISSING_VALUE couponCode'],
  ['the declared customer identifier alone may be empty', { mobile: '', email: 'jo@example.com' }, 'inserted'],
  ['the declared coupon identifier alone may be empty', { couponCode: '', couponId: '100' }, 'inserted'],
  [
    'nothing but a note',
    { redeemedDateInMillis: '', redeemedAt: '', mobile: '', couponCode: '', details: 'x' },
    'MISSING_VALUE redeemedDateInMillis, MISSING_VALUE redeemedAt, MISSING_VALUE mobile, MISSING_VALUE couponCode',
  ],
  ['a date in words', { redeemedDateInMillis: 'June 1' }, 'INVALID_DATE redeemedDateInMillis'],
  ['a date in ISO form', { redeemedDateInMillis: '2021-06-01' }, 'INVALID_DATE redeemedDateInMillis'],
  ['a date in seconds', { redeemedDateInMillis: '1622548800' }, 'INVALID_DATE redeemedDateInMillis'],
  ['a date with a fraction', { redeemedDateInMillis: '1622548800000.0' }, 'inserted'],
  ['a date in scientific notation', { redeemedDateInMillis: '1.6225488E12' }, 'INVALID_DATE redeemedDateInMillis'],
  ['a date before 2000', { redeemedDateInMillis: '946684799999' }, 'INVALID_DATE redeemedDateInMillis'],
  ['the first instant of 2000', { redeemedDateInMillis: '946684800000' }, 'SERIES_NOT_ACTIVE redeemedDateInMillis'],
  ['a negative date', { redeemedDateInMillis: '-1622548800000' }, 'INVALID_DATE redeemedDateInMillis'],
  [
    'a day after the upload',
    { redeemedDateInMillis: ms('2021-12-02T00:00:00Z') },
    'SERIES_NOT_ACTIVE redeemedDateInMillis',
  ],
  [
    'more than a day after it',
    { redeemedDateInMillis: ms('2021-12-02T00:00:00.001Z') },
    'INVALID_DATE redeemedDateInMillis',
  ],
  ['a date of twenty digits', { redeemedDateInMillis: '99999999999999999999' }, 'INVALID_DATE redeemedDateInMillis'],
  ['a till that is no number', { redeemedAt: 'T1' }, 'INVALID_NUMBER redeemedAt'],
  ['a negative till', { redeemedAt: '-10' }, 'INVALID_NUMBER redeemedAt'],
  ['a negative till as a report writes it', { redeemedAt: "'-10" }, 'INVALID_NUMBER redeemedAt'],
  ['a till with a fraction', { redeemedAt: '10.5' }, 'INVALID_NUMBER redeemedAt'],
  ['a till with a fraction of zeros', { redeemedAt: '10.0' }, 'inserted'],
  ['digits of another script', { redeemedAt: '１０' }, 'inserted'],
  ['a user id that is no number', { userId: 'jo' }, 'INVALID_NUMBER userId'],
  ['a coupon id that is no number, beside a good code', { couponId: '1e2' }, 'INVALID_NUMBER couponId'],
  ['a bill id is text', { billId: 'B/7' }, 'inserted'],
  ['255 characters', { billNumber: 'x'.repeat(255) }, 'inserted'],
  ['256 characters', { billNumber: 'x'.repeat(256) }, 'VALUE_TOO_LONG billNumber'],
  ['255 characters in 510 bytes', { billId: 'é'.repeat(255) }, 'inserted'],
  ['255 characters between spaces', { billId: ` ${'x'.repeat(255)} ` }, 'inserted'],
  ['details of 1,000', { details: 'x'.repeat(1000) }, 'inserted'],
  ['details of 1,001', { details: 'x'.repeat(1001) }, 'VALUE_TOO_LONG details'],
  ['an identifier not looked at, too long', { userId: '1', email: 'x'.repeat(256) }, 'VALUE_TOO_LONG email'],
  [
    'all syntax errors together, and nothing else',
    {
      redeemedDateInMillis: 'x',
      redeemedAt: '',
      userId: '?',
      couponCode: 'NONE',
      billId: 'x'.repeat(300),
      details: 'x'.repeat(1001),
    },
    'MISSING_VALUE redeemedAt, INVALID_DATE redeemedDateInMillis, INVALID_NUMBER userId, VALUE_TOO_LONG billId, VALUE_TOO_LONG details',
  ],
  // Customer
  ['a mobile with everything that is dropped', { mobile: '+(91) 98-765 [43210]' }, 'inserted'],
  ['a mobile with 00', { mobile: '00919876543210' }, 'inserted'],
  ['a mobile as a report writes it', { mobile: "'+919876543210" }, 'inserted'],
  ['reference mobiles are read alike', { mobile: '+44 20', couponCode: 'PLAIN' }, 'inserted'],
  ['a mobile without the country', { mobile: '9876543210' }, 'CUSTOMER_NOT_FOUND mobile'],
  ['a mobile with a letter', { mobile: '919876543210x' }, 'CUSTOMER_NOT_FOUND mobile'],
  ['an e-mail in another case', { mobile: '', email: 'JO@EXAMPLE.COM' }, 'inserted'],
  ['an e-mail in another case, beyond ASCII', { mobile: '', email: 'ZOË@EXAMPLE.COM' }, 'inserted'],
  ['an external id in its case', { mobile: '', externalId: 'e-1' }, 'inserted'],
  ['an external id in no known case', { mobile: '', externalId: 'e-2' }, 'CUSTOMER_NOT_FOUND externalId'],
  ['an external id as a report writes it', { mobile: '', externalId: "'@four" }, 'inserted'],
  ['the user id goes first', { userId: '1', mobile: '5' }, 'inserted'],
  ['there is no fall-back from the user id', { userId: '99' }, 'CUSTOMER_NOT_FOUND userId'],
  ['the declared one goes before others', { mobile: '5', email: 'jo@example.com' }, 'CUSTOMER_NOT_FOUND mobile'],
  [
    'the e-mail goes before the external id',
    { mobile: '', email: 'no@no', externalId: 'E-1' },
    'CUSTOMER_NOT_FOUND email',
  ],
  ['a user id too big to exist', { userId: '99999999999999999999' }, 'CUSTOMER_NOT_FOUND userId'],
  ['zeros before a user id', { userId: '001' }, 'inserted'],
  // Coupon
  ['a code in another case', { couponCode: 'plain' }, 'inserted'],
  ['a code in another case, beyond ASCII', { couponCode: 'ÉTÉ' }, 'inserted'],
  ['a code between spaces', { couponCode: '  PLAIN ' }, 'inserted'],
  ['a code as a report writes it', { couponCode: "'@home" }, 'inserted'],
  ['an apostrophe before anything else stays', { couponCode: "'PLAIN" }, 'COUPON_NOT_FOUND couponCode'],
  ['a code keeps its zeros', { couponCode: '7' }, 'COUPON_NOT_FOUND couponCode'],
  ['the id goes before the code', { couponId: '100', couponCode: 'GONE' }, 'inserted'],
  ['there is no fall-back from the id', { couponId: '99' }, 'COUPON_NOT_FOUND couponId'],
  ['a code that looks like an id is a code', { couponCode: '103' }, 'inserted'],
  ['a code of another series', { couponCode: 'other' }, 'COUPON_NOT_IN_SERIES couponCode'],
  ['an id of another series', { couponId: '200' }, 'COUPON_NOT_IN_SERIES couponId'],
  ['an id is no rounded number', { couponId: '9007199254740993' }, 'COUPON_NOT_FOUND couponId'],
  // Till, and all of resolution
  ['an unknown till', { redeemedAt: '12' }, 'TILL_NOT_FOUND redeemedAt'],
  ['a till too big to exist', { redeemedAt: '9223372036854775808' }, 'TILL_NOT_FOUND redeemedAt'],
  [
    'all resolution errors together, and no rule',
    { mobile: '5', couponCode: 'OTHER', redeemedAt: '12', redeemedDateInMillis: '946684800000' },
    'CUSTOMER_NOT_FOUND mobile, COUPON_NOT_IN_SERIES couponCode, TILL_NOT_FOUND redeemedAt',
  ],
  ['a resolution error hides a rule', { couponCode: 'GONE', redeemedAt: '12' }, 'TILL_NOT_FOUND redeemedAt'],
  // Rules
  ['revoked', { couponCode: 'GONE' }, 'COUPON_REVOKED couponCode'],
  ['revoked, by id', { couponId: '102' }, 'COUPON_REVOKED couponId'],
  ['issued to another', { couponCode: 'HELD' }, 'COUPON_NOT_ISSUED_TO_CUSTOMER couponCode'],
  ['issued to this one', { couponCode: 'HELD', userId: '2' }, 'inserted'],
  ['revoked goes before all rules', { couponCode: 'ALL' }, 'COUPON_REVOKED couponCode'],
  ['issued goes before expired', { couponCode: 'HELDOLD' }, 'COUPON_NOT_ISSUED_TO_CUSTOMER couponCode'],
  [
    'the series goes before the coupon',
    { couponCode: 'DAY', redeemedDateInMillis: ms('2021-11-21T00:00:00Z') },
    'SERIES_NOT_ACTIVE redeemedDateInMillis',
  ],
  [
    'before the series',
    { redeemedDateInMillis: ms('2021-01-09T23:59:59.999Z') },
    'SERIES_NOT_ACTIVE redeemedDateInMillis',
  ],
  ['as the series begins', { redeemedDateInMillis: ms('2021-01-10T00:00:00Z') }, 'inserted'],
  ['as the series ends', { redeemedDateInMillis: ms('2021-11-20T23:59:59.999Z') }, 'inserted'],
  ['after the series', { redeemedDateInMillis: ms('2021-11-21T00:00:00Z') }, 'SERIES_NOT_ACTIVE redeemedDateInMillis'],
  ['on the last day', { couponCode: 'DAY', redeemedDateInMillis: ms('2021-06-15T23:59:59.999Z') }, 'inserted'],
  [
    'the day after',
    { couponCode: 'DAY', redeemedDateInMillis: ms('2021-06-16T00:00:00Z') },
    'COUPON_EXPIRED redeemedDateInMillis',
  ],
  ['at the end with a time', { couponCode: 'NOON', redeemedDateInMillis: ms('2021-06-15T12:00:00Z') }, 'inserted'],
  [
    '1 ms after it',
    { couponCode: 'NOON', redeemedDateInMillis: ms('2021-06-15T12:00:00.001Z') },
    'COUPON_EXPIRED redeemedDateInMillis',
  ],
  [
    '1 ms after epoch ms',
    { couponCode: 'Été', redeemedDateInMillis: ms('2021-06-15T12:00:00.001Z') },
    'COUPON_EXPIRED redeemedDateInMillis',
  ],
  [
    'an offset counts',
    { couponCode: 'OFFSET', redeemedDateInMillis: ms('2021-06-15T06:30:00.001Z') },
    'COUPON_EXPIRED redeemedDateInMillis',
  ],
]

describe('a row that stands alone', () => {
  it.each(ALONE)('%s', (_, change, expected) => {
    expect(sum(evaluateRecords([makeRecord({ ...GOOD, ...change })]).rows[0])).toBe(expected)
  })
})

describe('the declared identifier', () => {
  it.each([
    ['EXTERNAL_ID', { mobile: '5', externalId: 'E-1' }, 'inserted'],
    ['EXTERNAL_ID', { mobile: '', email: 'jo@example.com' }, 'inserted'],
    ['EXTERNAL_ID', { mobile: '5', email: 'jo@example.com' }, 'CUSTOMER_NOT_FOUND mobile'],
    ['EMAIL', { email: 'jo@example.com', mobile: '5', externalId: '?' }, 'inserted'],
    ['EMAIL', { email: '', mobile: '' }, 'MISSING_VALUE email'],
    ['USER_ID', { userId: '', mobile: '919876543210' }, 'inserted'],
  ] as const)('%s with %o is %s', (customerIdentifier, change, expected) => {
    const mapping: ColumnMapping = { ...MAPPING, customerIdentifier }
    expect(sum(evaluateRecords([makeRecord({ ...GOOD, ...change })], { mapping }).rows[0])).toBe(expected)
  })
})
