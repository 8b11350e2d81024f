/**
 * The keys a client may name in `uploadHeaders`, in the order in which reports list them. The number is how a row error
 * stores its column (row-errors.ts): 0 to 14, never change or reuse one.
 */
export const COLUMN_INDICES = {
  userId: 0,
  mobile: 1,
  email: 2,
  externalId: 3,
  couponId: 4,
  couponCode: 5,
  redeemedDateInMillis: 6,
  redeemedAt: 7,
  billId: 8,
  billNumber: 9,
  details: 10,
} as const

export type ColumnKey = keyof typeof COLUMN_INDICES

export const COLUMN_KEYS = Object.keys(COLUMN_INDICES) as readonly ColumnKey[]

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

/** How an upload says its cells are to be read. What is absent is as it is documented for every upload. */
export interface CellRules {
  /** `epochMillis` unless given; `epochSeconds`, `iso8601`, or a pattern (date-format.ts). */
  readonly dateFormat?: string | undefined
  /** The IANA name of the time zone of dates that do not say their own. */
  readonly timeZone?: string | undefined
  /** ISO 3166: the country of mobiles without a country code. */
  readonly defaultCountry?: string | undefined
  /** How many physical lines come before header or data; 0 unless given. */
  readonly skipLines?: number | undefined
  /** The file's text was made of a workbook: each row of its sheet is a record and counts as one line. */
  readonly isWorkbook?: true | undefined
}

/** How an upload says its columns are to be read: the declared identifiers, the positions, and the rules for cells. */
export interface ColumnMapping extends CellRules {
  readonly customerIdentifier: CustomerIdentifier
  readonly couponIdentifier: CouponIdentifier
  readonly positions: ColumnPositions
}
