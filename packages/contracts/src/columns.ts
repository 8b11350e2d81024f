/** The keys a client may name in `uploadHeaders`, in the order in which reports list them. */
export const COLUMN_KEYS = [
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
] as const

export type ColumnKey = (typeof COLUMN_KEYS)[number]

/** What a client may declare as `customerIdentifier`, and the column key that it makes mandatory. */
export const CUSTOMER_IDENTIFIERS = {
  MOBILE: 'mobile',
  EXTERNAL_ID: 'externalId',
  EMAIL: 'email',
  USER_ID: 'userId',
} as const satisfies Record<string, ColumnKey>

export type CustomerIdentifier = keyof typeof CUSTOMER_IDENTIFIERS
export type CustomerKey = (typeof CUSTOMER_IDENTIFIERS)[CustomerIdentifier]

/** What a client may declare as `couponIdentifier`, and the column key that it makes mandatory. */
export const COUPON_IDENTIFIERS = {
  COUPON_ID: 'couponId',
  COUPON_CODE: 'couponCode',
} as const satisfies Record<string, ColumnKey>

export type CouponIdentifier = keyof typeof COUPON_IDENTIFIERS
export type CouponKey = (typeof COUPON_IDENTIFIERS)[CouponIdentifier]

/** Where each mapped column stands in a record, from 0. */
export type ColumnPositions = Readonly<Partial<Record<ColumnKey, number>>>

/** The highest position a column may have. */
export const MAX_COLUMN_POSITION = 1023

/** How an upload says its columns are to be read: the declared identifiers and the positions. */
export interface ColumnMapping {
  readonly customerIdentifier: CustomerIdentifier
  readonly couponIdentifier: CouponIdentifier
  readonly positions: ColumnPositions
}
