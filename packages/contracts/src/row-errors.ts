import { COLUMN_KEYS, COLUMNS, type ColumnKey } from './columns.ts'
import { DEFAULT_DATE_FORMAT, type NamedDateFormat } from './date-format.ts'
import { findLikelyCause, LIKELY_CAUSES, type LikelyCause, type ValueContext } from './find-likely-cause.ts'
import { ROW_ERROR_CODES, ROW_RULES, type Advice, type RowErrorCode, type RowErrorReason } from './row-rules.ts'
import { showText } from './show-text.ts'

/** How many codes there are, so how long an array of counts by code is. */
export const ROW_ERROR_CODE_COUNT = ROW_ERROR_CODES.length

const CODES_BY_INDEX = new Map<number, RowErrorCode>(ROW_ERROR_CODES.map((code) => [ROW_RULES[code].index, code]))

/** Of each reason its code, how it is stored with its code, and its message. */
const REASONS = Object.fromEntries(
  ROW_ERROR_CODES.flatMap((code) =>
    Object.entries(ROW_RULES[code].reasons).map(([reason, { index, message }]) => [
      reason,
      { code, stored: (ROW_RULES[code].index << 4) | index, message },
    ]),
  ),
) as Record<RowErrorReason, { code: RowErrorCode; stored: number; message: Message }>

type Message = (field: string, value: string, dates: string) => string

export const ROW_ERROR_REASON_NAMES = Object.keys(REASONS) as readonly RowErrorReason[]

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
  const field = error.field === null ? NO_FIELD : COLUMNS[error.field].index
  return (REASONS[error.reason].stored << 4) | field
}

const REASONS_BY_STORED = new Map<number, RowErrorReason>(
  ROW_ERROR_REASON_NAMES.map((reason) => [REASONS[reason].stored, reason]),
)

const FIELDS_BY_INDEX = new Map<number, ColumnKey>(COLUMN_KEYS.map((key) => [COLUMNS[key].index, key]))

/** The reverse of {@link encodeRowError}. Throws on a number that this version never wrote. */
export function decodeRowError(encoded: number): RowError {
  const reason = REASONS_BY_STORED.get(encoded >> 4)
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
  return ROW_ERROR_REASON_NAMES.filter(
    (reason) => filter.code === undefined || REASONS[reason].code === filter.code,
  ).flatMap((reason) => fields.map((field) => encodeRowError({ reason, field })))
}

export function codeOf(error: RowError): RowErrorCode {
  return REASONS[error.reason].code
}

/** Counts by code index (as stored: position `index - 1`) as an object of the codes that occurred. */
export function countsByCode(counts: readonly number[]): Partial<Record<RowErrorCode, number>> {
  const byCode: Partial<Record<RowErrorCode, number>> = {}
  counts.forEach((count, position) => {
    const code = CODES_BY_INDEX.get(position + 1)
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

/**
 * The sentence for the user: which column, what stood there, what was expected, and the likely cause where the value shows
 * one. Holds no id of ours and no clock time, so that two runs of one file give the same bytes.
 */
export function describeRowError(error: RowError, value: string, context: ValueContext = {}): string {
  // Several messages of one row are joined by "; ", so none holds that itself.
  const quoted = `"${showText(value, SHOWN_VALUE_CHARACTERS).replaceAll('; ', ';')}"`
  const dates = nameDates(context.dateFormat ?? DEFAULT_DATE_FORMAT)
  const sentence = REASONS[error.reason].message(error.field ?? 'the record', quoted, dates)
  const likely = likelyCauseOf(error, value, context)
  return likely === null ? sentence : `${sentence}: ${LIKELY_CAUSES[likely].hint}`
}

/** Why an error happens and what to do about it: as its value shows, or as is usual for its code. */
export function adviseOn(error: RowError, value = '', context: ValueContext = {}): Advice {
  const likely = likelyCauseOf(error, value, context)
  const { cause, remedy } = likely === null ? ROW_RULES[codeOf(error)] : LIKELY_CAUSES[likely]
  return { cause, remedy }
}

function likelyCauseOf(error: RowError, value: string, context: ValueContext): LikelyCause | null {
  if (error.field === null || !('valueMayShowCause' in ROW_RULES[codeOf(error)])) return null
  return findLikelyCause(error.field, value, context)
}

/** An error as the heading of a group: without a value. */
export function summarizeRowError(code: RowErrorCode, column: ColumnKey | null): string {
  return ROW_RULES[code].title.replace('{column}', column ?? 'the record')
}

/** What is wrong with a row that has this error, without its column: the begin of a sentence. */
export function nameRowError(code: RowErrorCode): string {
  const { title } = ROW_RULES[code]
  return title.startsWith('{column}') ? title.replace('{column}', 'A value') : title.replace('{column}', 'value')
}
