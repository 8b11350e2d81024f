/** The kinds of reference data that the importer resolves and never creates, with the columns of their CSV. */
export const REFERENCE_COLUMNS = {
  series: ['id', 'name', 'maxRedemptionsPerCoupon', 'validFrom', 'validTill'],
  coupons: ['id', 'seriesId', 'code', 'customerId', 'status', 'expiresAt'],
  customers: ['id', 'mobile', 'email', 'externalId'],
  tills: ['id', 'name'],
} as const

export type ReferenceKind = keyof typeof REFERENCE_COLUMNS
export const REFERENCE_KINDS = Object.keys(REFERENCE_COLUMNS) as ReferenceKind[]

export const COUPON_STATUSES = ['ACTIVE', 'REVOKED'] as const

/** Why a reference row was not taken. */
export const REFERENCE_FAULT_CODES = [
  'ALREADY_TAKEN',
  'COUPON_REDEEMED',
  'INVALID_DATE',
  'INVALID_ENCODING',
  'INVALID_NUMBER',
  'INVALID_VALUE',
  'MALFORMED_ROW',
  'MISSING_VALUE',
  'VALUE_TOO_LONG',
] as const
export type ReferenceFaultCode = (typeof REFERENCE_FAULT_CODES)[number]

/** One reference row that could not be taken. `row` counts data records from 1, `line` the file's lines from 1. */
export interface ReferenceRowFault {
  readonly row: number
  readonly line: number
  readonly field: string | null
  readonly code: ReferenceFaultCode
  readonly message: string
}

/** The answer of a bulk upsert; `errors` holds the first 100. */
export interface ReferenceLoadResult {
  readonly received: number
  readonly inserted: number
  readonly updated: number
  readonly rejected: number
  readonly errors: ReferenceRowFault[]
}
