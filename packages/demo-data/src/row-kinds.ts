import type { RowErrorCode } from '@importer/contracts'

/** What becomes of a row of each kind: `inserted`, `duplicate`, or the codes that it is rejected with. */
export const ROW_KINDS = {
  good: 'inserted',
  repeated: 'duplicate',
  noTill: ['MISSING_VALUE'],
  dateInSeconds: ['INVALID_DATE'],
  dateInWords: ['INVALID_DATE'],
  tillInWords: ['INVALID_NUMBER'],
  longBillNumber: ['VALUE_TOO_LONG'],
  cutShort: ['MALFORMED_ROW'],
  badQuote: ['MALFORMED_ROW'],
  latin1: ['INVALID_ENCODING'],
  unknownCustomer: ['CUSTOMER_NOT_FOUND'],
  unknownCoupon: ['COUPON_NOT_FOUND'],
  otherSeries: ['COUPON_NOT_IN_SERIES'],
  unknownTill: ['TILL_NOT_FOUND'],
  unknownCustomerAndTill: ['CUSTOMER_NOT_FOUND', 'TILL_NOT_FOUND'],
  revoked: ['COUPON_REVOKED'],
  issuedToOther: ['COUPON_NOT_ISSUED_TO_CUSTOMER'],
  beforeSeries: ['SERIES_NOT_ACTIVE'],
  expired: ['COUPON_EXPIRED'],
  redeemedBefore: ['COUPON_ALREADY_REDEEMED'],
} as const satisfies Record<string, 'inserted' | 'duplicate' | readonly RowErrorCode[]>

export type RowKind = keyof typeof ROW_KINDS

/** The kinds that are rejected, each as likely as the others. */
export const BAD_KINDS = (Object.keys(ROW_KINDS) as RowKind[]).filter((kind) => typeof ROW_KINDS[kind] !== 'string')
