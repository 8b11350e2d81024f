/** How a column is read, checked and stored. */
interface ColumnDescriptor {
  /** How a row error stores its column (row-errors.ts): its position in COLUMNS, 14 at most. Never change or reuse one. */
  readonly index: number
  /** `id`: a whole number; `date`: an instant; `note`: a text of which only the ends are trimmed. */
  readonly type: 'id' | 'mobile' | 'text' | 'note' | 'date'
  /** What it means, in words for people. */
  readonly title: string
  /** Its name in the statement of a batch; of an optional one its column of `redemption`, too. */
  readonly sqlColumn: string
  /** In characters. */
  readonly maxLength?: 255 | 1000
  /** No rule needs it: it is stored with the redemption as it is. */
  readonly optional?: true
}

/**
 * The keys a client may name in `uploadHeaders`, in the order in which reports list them; a new one comes last. From here
 * follow how a cell is read, its rules of syntax, a batch's arrays, the statement's lists of columns, how a redemption is
 * listed and what the page calls the column.
 */
export const COLUMNS = {
  userId: { index: 0, type: 'id', title: 'Customer: user id', sqlColumn: 'user_id' },
  mobile: { index: 1, type: 'mobile', title: 'Customer: mobile', sqlColumn: 'mobile', maxLength: 255 },
  email: { index: 2, type: 'text', title: 'Customer: e-mail', sqlColumn: 'email', maxLength: 255 },
  externalId: { index: 3, type: 'text', title: 'Customer: external id', sqlColumn: 'external_id', maxLength: 255 },
  couponId: { index: 4, type: 'id', title: 'Coupon: id', sqlColumn: 'coupon_id' },
  couponCode: { index: 5, type: 'text', title: 'Coupon: code', sqlColumn: 'coupon_code', maxLength: 255 },
  redeemedDateInMillis: { index: 6, type: 'date', title: 'Redeemed: date and time', sqlColumn: 'redeemed_ms' },
  redeemedAt: { index: 7, type: 'id', title: 'Redeemed: till', sqlColumn: 'till_id' },
  billId: { index: 8, type: 'text', title: 'Bill: id', sqlColumn: 'bill_id', maxLength: 255, optional: true },
  billNumber: {
    index: 9,
    type: 'text',
    title: 'Bill: number',
    sqlColumn: 'bill_number',
    maxLength: 255,
    optional: true,
  },
  details: { index: 10, type: 'note', title: 'Details', sqlColumn: 'details', maxLength: 1000, optional: true },
} as const satisfies Record<string, ColumnDescriptor>

export type ColumnKey = keyof typeof COLUMNS

export const COLUMN_KEYS = Object.keys(COLUMNS) as readonly ColumnKey[]

/** Of a column what it is, whichever it is. */
export function describeColumn(key: ColumnKey): ColumnDescriptor {
  return COLUMNS[key]
}

export type OptionalKey = {
  [Key in ColumnKey]: (typeof COLUMNS)[Key] extends { optional: true } ? Key : never
}[ColumnKey]

export const OPTIONAL_KEYS = COLUMN_KEYS.filter((key): key is OptionalKey => describeColumn(key).optional === true)

/** A value for each optional column, under its key. */
export function mapOptionalColumns<Value>(valueOf: (key: OptionalKey) => Value): Record<OptionalKey, Value> {
  return Object.fromEntries(OPTIONAL_KEYS.map((key) => [key, valueOf(key)])) as Record<OptionalKey, Value>
}

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
