import type { ColumnKey, CellRules } from './columns.ts'
import { DEFAULT_DATE_FORMAT, isNamedDateFormat } from './date-format.ts'
import type { LikelyCause } from './error-catalogue.ts'
import { toAsciiDigits } from './identifiers.ts'

/** What a message may go by beside the value itself. */
export interface ValueContext extends CellRules {
  /** Whether the row is the first of a file in which no header was found. */
  readonly isFirstRow?: boolean | undefined
}

const SPREADSHEET_ERROR =
  /^#(?:N\/A|NA|REF!|VALUE!|DIV\/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|NV|WERT!|BEZUG!|ZAHL!|VALEUR!|NOMBRE!|#+)/i
const SHORTENED = /^[+-]?\d+(?:[.,]\d+)?E\+?\d{1,3}$/i
const TOTALS =
  /^\W*(?:(?:grand|sub)[ -]?)?(?:totals?|totales|totaux|totale|sum|summe|gesamt\w*|insgesamt|somme|suma|итого|合計|小計)(?![\p{L}\p{Nd}])/iu
const HEADER_WORD =
  /(?:^|[^\p{L}])(?:date|datum|time|timestamp|zeit|fecha|data|day|redeemed|till|store|kasse|no|nr|id)(?:$|[^\p{L}])/iu
const LETTERS = /\p{L}{2}/u
const GROUPED = /^[+-]?\d{1,3}(?:([.,'\u2019 \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?$/
/** As people in India group digits: 1,73,25,000. */
const GROUPED_BY_TWO = /^\d{1,2}(?:,\d{2})+,\d{3}$/
const ISO = /^\d{4}-\d\d?-\d\d?(?:[T\s]|$)/i
const DAY_FIRST = /^\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)(?:\D|$)/
const YEAR_FIRST = /^\d{4}[./]\d{1,2}[./]\d{1,2}(?:\D|$)/
const FRACTION = /^[+-]?\d+[.,]\d+$/
const SECOND_DIGITS = /^(?:19|20)\d{12}$/
const DAY_DIGITS = /^(?:19|20)\d{6}$/
const FIRST_SERIAL = 20_000
const LAST_SERIAL = 80_000
const FIRST_SECONDS = 946_684_800
const LAST_SECONDS = 4_102_444_800

/** Why a value is no good, as far as it shows that itself; null where it does not. */
export function findLikelyCause(field: ColumnKey, value: string, context: ValueContext): LikelyCause | null {
  const text = toAsciiDigits(value)
  const common = findSpreadsheetCause(text)
  if (common !== null) return common
  if (field === 'redeemedDateInMillis') return findLineCause(text, context) ?? findDateCause(text, context)
  if (field === 'redeemedAt' || field === 'userId' || field === 'couponId') {
    return findGroupingCause(text) ?? findLineCause(text, context)
  }
  return field === 'mobile' ? findMobileCause(text, context) : null
}

function findSpreadsheetCause(text: string): LikelyCause | null {
  if (SPREADSHEET_ERROR.test(text)) return 'spreadsheet_error'
  if (SHORTENED.test(text)) return 'shortened_number'
  return null
}

function findGroupingCause(text: string): LikelyCause | null {
  if (GROUPED.test(text) || GROUPED_BY_TWO.test(text)) return 'thousands_separators'
  if (FRACTION.test(text)) return 'fraction'
  return null
}

function findLineCause(text: string, { isFirstRow = false }: ValueContext): LikelyCause | null {
  if (TOTALS.test(text)) return 'total_line'
  if ((isFirstRow && LETTERS.test(text)) || (LETTERS.test(text) && HEADER_WORD.test(text))) return 'header_line'
  return null
}

function findDateCause(text: string, { dateFormat = DEFAULT_DATE_FORMAT }: ValueContext): LikelyCause | null {
  if (ISO.test(text) && dateFormat !== 'iso8601') return 'iso_date'
  if (DAY_FIRST.test(text) && isNamedDateFormat(dateFormat)) return 'day_first_date'
  if (YEAR_FIRST.test(text) && isNamedDateFormat(dateFormat)) return 'year_first_date'
  if (GROUPED.test(text) || GROUPED_BY_TWO.test(text)) return findGroupingCause(text)
  return findNumberCause(text, dateFormat) ?? (FRACTION.test(text) ? findGroupingCause(text) : null)
}

function findNumberCause(text: string, dateFormat: string): LikelyCause | null {
  const number = /^\d+(?:[.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN
  if (number >= FIRST_SERIAL && number <= LAST_SERIAL) return 'serial_date'
  if (!/^\d+(?:\.0+)?$/.test(text)) return null
  const isBetween = (perSecond: number): boolean =>
    number >= FIRST_SECONDS * perSecond && number <= LAST_SECONDS * perSecond
  if (isBetween(1) && dateFormat !== 'epochSeconds') return 'seconds'
  if (isBetween(1e3) && dateFormat !== 'epochMillis') return 'milliseconds'
  if (isBetween(1e6)) return 'microseconds'
  if (isBetween(1e9)) return 'nanoseconds'
  if (!isNamedDateFormat(dateFormat) || dateFormat === 'iso8601') return null
  if (SECOND_DIGITS.test(text)) return 'second_digits_date'
  return DAY_DIGITS.test(text) ? 'day_digits_date' : null
}

/** Without a country code a mobile has at most ten or eleven digits, the zero that some countries put before it included. */
function findMobileCause(text: string, { defaultCountry }: ValueContext): LikelyCause | null {
  const digits = text.replaceAll(/[^\p{L}\p{Nd}+]/gu, '')
  if (defaultCountry !== undefined || !/^(?:0[1-9]\d{4,10}|[1-9]\d{4,9})$/.test(digits)) return null
  return 'country_code_missing'
}
