import { COLUMN_KEYS, COLUMNS, type ColumnKey } from './columns.ts'
import { DEFAULT_DATE_FORMAT, type NamedDateFormat } from './date-format.ts'
import { LIKELY_CAUSES, ROW_ERROR_CODES, type Advice, type LikelyCause, type RowErrorCode } from './error-catalogue.ts'
import { findLikelyCause, type ValueContext } from './find-likely-cause.ts'

/** How many codes there are, so how long an array of counts by code is. */
export const ROW_ERROR_CODE_COUNT = Object.keys(ROW_ERROR_CODES).length

const CODES_BY_INDEX = Object.entries(ROW_ERROR_CODES).reduce<RowErrorCode[]>((byIndex, [code, { index }]) => {
  byIndex[index] = code as RowErrorCode
  return byIndex
}, [])

/**
 * What exactly was wrong, where one code covers several faults. `index` is how it is stored: 0 to 15 within its code,
 * never change or reuse one. `message` gets the column's key, the cell's text, and what dates were expected.
 */
const ROW_ERROR_REASONS = {
  value_missing: { code: 'MISSING_VALUE', index: 0, message: (f) => `${f} is empty, expected a value` },
  customer_missing: {
    code: 'MISSING_VALUE',
    index: 1,
    message: (f) => `${f} is empty, and so is every other customer identifier, expected one of them`,
  },
  coupon_missing: {
    code: 'MISSING_VALUE',
    index: 2,
    message: (f) => `${f} is empty, and so is every other coupon identifier, expected one of them`,
  },
  date_not_millis: {
    code: 'INVALID_DATE',
    index: 0,
    message: (f, v, dates) => `${f} ${v} is no date of the expected format, expected ${dates}`,
  },
  date_in_seconds: {
    code: 'INVALID_DATE',
    index: 1,
    message: (f, v, dates) => `${f} ${v} is before the year 2000, expected ${dates}`,
  },
  date_too_early: {
    code: 'INVALID_DATE',
    index: 2,
    message: (f, v, dates) => `${f} ${v} is before the year 2000, expected ${dates}`,
  },
  date_in_future: {
    code: 'INVALID_DATE',
    index: 3,
    message: (f, v) => `${f} ${v} is more than a day after the upload, expected a date in the past`,
  },
  date_not_existing: {
    code: 'INVALID_DATE',
    index: 4,
    message: (f, v) =>
      `${f} ${v} is a time that does not exist where the file is from, because clocks were put forward over it, expected one that clocks have shown`,
  },
  date_without_offset: {
    code: 'INVALID_DATE',
    index: 5,
    message: (f, v) =>
      `${f} ${v} does not say its offset from UTC, expected one such as Z or +05:30, or the field timeZone with the upload`,
  },
  date_not_in_calendar: {
    code: 'INVALID_DATE',
    index: 6,
    message: (f, v, dates) => `${f} ${v} is no day or time that there is, expected ${dates}`,
  },
  not_a_number: {
    code: 'INVALID_NUMBER',
    index: 0,
    message: (f, v) => `${f} ${v} is no id, expected a whole number`,
  },
  over_255: {
    code: 'VALUE_TOO_LONG',
    index: 0,
    message: (f, v) => `${f} ${v} is too long, expected at most 255 characters`,
  },
  over_1000: {
    code: 'VALUE_TOO_LONG',
    index: 1,
    message: (f, v) => `${f} ${v} is too long, expected at most 1000 characters`,
  },
  quote_not_closed: {
    code: 'MALFORMED_ROW',
    index: 0,
    message: () => 'a cell opens with a quote that is never closed, expected a closing quote',
  },
  text_after_quote: {
    code: 'MALFORMED_ROW',
    index: 1,
    message: () =>
      'a closing quote is followed by text, expected a delimiter or the end of the line (a quote inside a quoted cell is doubled)',
  },
  record_too_long: {
    code: 'MALFORMED_ROW',
    index: 2,
    message: () => 'the record is longer than 1 MiB, expected a shorter one',
  },
  column_missing: {
    code: 'MALFORMED_ROW',
    index: 3,
    message: (f) => `the record ends before the column ${f}, expected every mandatory column`,
  },
  not_utf8: {
    code: 'INVALID_ENCODING',
    index: 0,
    message: () => 'the record holds bytes that are no UTF-8, expected a file in UTF-8',
  },
  nul_byte: {
    code: 'INVALID_ENCODING',
    index: 1,
    message: () => 'the record holds a NUL byte, expected text',
  },
  customer_not_found: {
    code: 'CUSTOMER_NOT_FOUND',
    index: 0,
    message: (f, v) => `no customer has ${f} ${v}, expected a customer of this organization`,
  },
  coupon_not_found: {
    code: 'COUPON_NOT_FOUND',
    index: 0,
    message: (f, v) => `no coupon has ${f} ${v}, expected a coupon of this series`,
  },
  coupon_not_in_series: {
    code: 'COUPON_NOT_IN_SERIES',
    index: 0,
    message: (f, v) => `the coupon with ${f} ${v} belongs to another series, expected a coupon of this series`,
  },
  till_not_found: {
    code: 'TILL_NOT_FOUND',
    index: 0,
    message: (f, v) => `no till has the id ${v} (${f}), expected a till of this organization`,
  },
  coupon_revoked: {
    code: 'COUPON_REVOKED',
    index: 0,
    message: (f, v) => `the coupon with ${f} ${v} is revoked, expected an active coupon`,
  },
  coupon_not_issued_to_customer: {
    code: 'COUPON_NOT_ISSUED_TO_CUSTOMER',
    index: 0,
    message: (f, v) =>
      `the coupon with ${f} ${v} was issued to another customer, expected the customer it was issued to`,
  },
  series_not_active: {
    code: 'SERIES_NOT_ACTIVE',
    index: 0,
    message: (f, v) => `${f} ${v} is outside the time in which the series is valid, expected a date within it`,
  },
  coupon_expired: {
    code: 'COUPON_EXPIRED',
    index: 0,
    message: (f, v) => `${f} ${v} is after the end of the coupon, expected a date before it`,
  },
  coupon_already_redeemed: {
    code: 'COUPON_ALREADY_REDEEMED',
    index: 0,
    message: (f, v) => `the coupon with ${f} ${v} is already redeemed, expected one that is not`,
  },
  redemption_limit_reached: {
    code: 'REDEMPTION_LIMIT_REACHED',
    index: 0,
    message: (f, v) => `the coupon with ${f} ${v} is redeemed as often as its series allows, expected one that is not`,
  },
} as const satisfies Record<
  string,
  { code: RowErrorCode; index: number; message: (field: string, value: string, dates: string) => string }
>

export type RowErrorReason = keyof typeof ROW_ERROR_REASONS

export const ROW_ERROR_REASON_NAMES = Object.keys(ROW_ERROR_REASONS) as readonly RowErrorReason[]

/** One reason why a row was rejected. `field` is null where the whole record is at fault. */
export interface RowError {
  readonly reason: RowErrorReason
  readonly field: ColumnKey | null
}

const NO_FIELD = 15

/**
 * A row error as the database keeps it: code index × 256 + reason index × 16 + field index (15: none).
 * Fits a PostgreSQL smallint; the code is what remains after `>> 8`.
 */
export function encodeRowError(error: RowError): number {
  const { code, index } = ROW_ERROR_REASONS[error.reason]
  const field = error.field === null ? NO_FIELD : COLUMNS[error.field].index
  return (ROW_ERROR_CODES[code].index << 8) | (index << 4) | field
}

const REASONS_BY_CODE = Object.entries(ROW_ERROR_REASONS).reduce((byCode, [reason, { code, index }]) => {
  return byCode.set((ROW_ERROR_CODES[code].index << 4) | index, reason as RowErrorReason)
}, new Map<number, RowErrorReason>())

const FIELDS_BY_INDEX = new Map<number, ColumnKey>(COLUMN_KEYS.map((key) => [COLUMNS[key].index, key]))

/** The reverse of {@link encodeRowError}. Throws on a number that this version never wrote. */
export function decodeRowError(encoded: number): RowError {
  const reason = REASONS_BY_CODE.get(encoded >> 4)
  const fieldIndex = encoded & 15
  const field = fieldIndex === NO_FIELD ? null : FIELDS_BY_INDEX.get(fieldIndex)
  if (reason === undefined || field === undefined) {
    throw new Error(`row error ${encoded} is of no kind that this version knows`)
  }
  return { reason, field }
}

/** All numbers that encode an error of this code and in this column; undefined: any code, any column. */
export function encodingsOf(filter: {
  readonly code?: RowErrorCode | undefined
  readonly column?: ColumnKey | undefined
}): number[] {
  const fields: readonly (ColumnKey | null)[] = filter.column === undefined ? [...COLUMN_KEYS, null] : [filter.column]
  return (Object.keys(ROW_ERROR_REASONS) as RowErrorReason[])
    .filter((reason) => filter.code === undefined || ROW_ERROR_REASONS[reason].code === filter.code)
    .flatMap((reason) => fields.map((field) => encodeRowError({ reason, field })))
}

export function codeOf(error: RowError): RowErrorCode {
  return ROW_ERROR_REASONS[error.reason].code
}

/** Counts by code index (as stored: position `index - 1`) as an object of the codes that occurred. */
export function countsByCode(counts: readonly number[]): Partial<Record<RowErrorCode, number>> {
  const byCode: Partial<Record<RowErrorCode, number>> = {}
  counts.forEach((count, position) => {
    const code = CODES_BY_INDEX[position + 1]
    if (code !== undefined && count > 0) byCode[code] = count
  })
  return byCode
}

const SHOWN_VALUE_CHARACTERS = 80

const NAMED_DATES: Readonly<Record<NamedDateFormat, string>> = {
  epochMillis: 'whole epoch milliseconds such as 1603263535000',
  epochSeconds: 'whole epoch seconds such as 1603263535 (dateFormat=epochSeconds)',
  iso8601: 'ISO 8601 such as 2024-11-25T02:00:00Z (dateFormat=iso8601)',
}

function nameDates(dateFormat: string): string {
  return (NAMED_DATES as Readonly<Record<string, string>>)[dateFormat] ?? `dates of dateFormat=${dateFormat}`
}

/** Codes whose value may show by itself why it is wrong. */
const CODES_WITH_LIKELY_CAUSE: ReadonlySet<RowErrorCode> = new Set([
  'INVALID_DATE',
  'INVALID_NUMBER',
  'CUSTOMER_NOT_FOUND',
  'COUPON_NOT_FOUND',
  'TILL_NOT_FOUND',
])

/**
 * The sentence for the user: which column, what stood there, what was expected, and the likely cause where the value shows
 * one. Holds no id of ours and no clock time, so that two runs of one file give the same bytes.
 */
export function describeRowError(error: RowError, value: string, context: ValueContext = {}): string {
  const shown = value.length > SHOWN_VALUE_CHARACTERS ? `${value.slice(0, SHOWN_VALUE_CHARACTERS)}…` : value
  // Several messages of one row are joined by "; ", so none holds that itself.
  const quoted = `"${shown.replaceAll(/\p{Cc}/gu, ' ').replaceAll('; ', ';')}"`
  const dates = nameDates(context.dateFormat ?? DEFAULT_DATE_FORMAT)
  const sentence = ROW_ERROR_REASONS[error.reason].message(error.field ?? 'the record', quoted, dates)
  const likely = likelyCauseOf(error, value, context)
  return likely === null ? sentence : `${sentence}: ${LIKELY_CAUSES[likely].hint}`
}

/** Why an error happens and what to do about it: as its value shows, or as is usual for its code. */
export function adviseOn(error: RowError, value = '', context: ValueContext = {}): Advice {
  const likely = likelyCauseOf(error, value, context)
  const { cause, remedy } = likely === null ? ROW_ERROR_CODES[codeOf(error)] : LIKELY_CAUSES[likely]
  return { cause, remedy }
}

function likelyCauseOf(error: RowError, value: string, context: ValueContext): LikelyCause | null {
  if (error.field === null || !CODES_WITH_LIKELY_CAUSE.has(codeOf(error))) return null
  return findLikelyCause(error.field, value, context)
}

/** An error as the heading of a group: without a value. */
export function summarizeRowError(code: RowErrorCode, column: ColumnKey | null): string {
  return ROW_ERROR_CODES[code].title.replace('{column}', column ?? 'the record')
}
