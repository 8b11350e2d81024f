import type { ColumnKey, CellRules } from './columns.ts'
import { DEFAULT_DATE_FORMAT, isNamedDateFormat } from './date-format.ts'
import { toAsciiDigits } from './identifiers.ts'
import type { Advice } from './row-rules.ts'

/** The cause that a value itself shows; `hint` ends the message. */
interface LikelyCauseEntry extends Advice {
  readonly hint: string
}

/** What the value of a row error may show by itself (find-likely-cause.ts), in place of the usual cause. */
export const LIKELY_CAUSES = {
  spreadsheet_error: {
    hint: 'it is an error of a spreadsheet, whose formula has failed or whose column was too narrow, so correct it there and export the file again',
    cause: 'The file holds an error that a spreadsheet shows in place of a value.',
    remedy: 'Correct the formula, or widen the column, in the spreadsheet and export the file again.',
  },
  shortened_number: {
    hint: 'it is a number that a spreadsheet shortened, so its digits are lost: format the column as text there and export the file again',
    cause: 'A spreadsheet showed a long number in short form and saved what it showed.',
    remedy:
      'Format the column as text, or as a number without decimals, where its digits are still known, and export again.',
  },
  thousands_separators: {
    hint: 'it has thousands separators, so export the column without them',
    cause: 'The number was formatted for reading.',
    remedy: 'Export the column without thousands separators.',
  },
  fraction: {
    hint: 'it has a fraction, so export the column as whole numbers',
    cause: 'The number was exported with decimals.',
    remedy: 'Export the column as whole numbers.',
  },
  total_line: {
    hint: 'the line looks like one of totals, so leave it out',
    cause: 'The line sums up others and is no redemption.',
    remedy: 'Leave the line out. It does no harm where it stays.',
  },
  header_line: {
    hint: 'the line looks like a header, so leave it out, or upload with hasHeader=true if it is the first one',
    cause: 'The line names the columns and is no redemption.',
    remedy: 'Upload the file with `hasHeader=true` if it is the first line, else leave it out.',
  },
  iso_date: {
    hint: 'it looks like ISO 8601, which dateFormat=iso8601 reads (with timeZone, unless it says its offset)',
    cause: 'The file writes dates as ISO 8601.',
    remedy: 'Upload it with `dateFormat=iso8601`, and with `timeZone` unless the dates say their offset.',
  },
  day_first_date: {
    hint: 'it looks like a date with day, month and year, which dateFormat=dd/MM/yyyy or MM/dd/yyyy and the like reads, together with timeZone',
    cause: 'The file writes dates with day, month and year.',
    remedy: 'Upload it with a `dateFormat` such as `dd/MM/yyyy` or `MM/dd/yyyy HH:mm`, and its `timeZone`.',
  },
  year_first_date: {
    hint: 'it looks like a date with year, month and day, which dateFormat=yyyy/MM/dd and the like reads, together with timeZone',
    cause: 'The file writes dates with year, month and day.',
    remedy: 'Upload it with a `dateFormat` such as `yyyy/MM/dd` or `yyyy.MM.dd HH:mm`, and its `timeZone`.',
  },
  swapped_date: {
    hint: 'it looks like a date with day and month the other way round, so find out in which order the file writes them: a spreadsheet may have swapped them in a part of the rows',
    cause: 'The file writes day and month in the other order, or a spreadsheet swapped them in a part of the rows.',
    remedy:
      'Upload the file with the `dateFormat` in whose order it is. Where only a part of its rows is swapped, export it anew without opening it in a spreadsheet.',
  },
  other_date: {
    hint: 'it looks like a date of another format, so correct it, or upload the file with the dateFormat that it has',
    cause: 'The date is written in another format than the one of the upload.',
    remedy: 'Correct the date, or upload the file with the `dateFormat` that all of it has.',
  },
  second_digits_date: {
    hint: 'it looks like a date without separators, which dateFormat=yyyyMMddHHmmss reads, together with timeZone',
    cause: 'The file writes dates and times as digits without separators.',
    remedy: 'Upload it with `dateFormat=yyyyMMddHHmmss` and its `timeZone`.',
  },
  day_digits_date: {
    hint: 'it looks like a date without separators, which dateFormat=yyyyMMdd reads, together with timeZone',
    cause: 'The file writes dates as digits without separators.',
    remedy: 'Upload it with `dateFormat=yyyyMMdd` and its `timeZone`.',
  },
  serial_date: {
    hint: 'it looks like the serial number by which a spreadsheet keeps a date, so format the column there as text such as 2024-11-25T02:00:00 and upload with dateFormat=iso8601 and timeZone',
    cause: 'A spreadsheet exported the number by which it keeps a date.',
    remedy:
      'Format the column there as text such as 2024-11-25T02:00:00, and upload with `dateFormat=iso8601` and `timeZone`.',
  },
  seconds: {
    hint: 'it looks like seconds, which dateFormat=epochSeconds reads',
    cause: 'The file writes dates in seconds since 1970.',
    remedy: 'Upload it with `dateFormat=epochSeconds`.',
  },
  milliseconds: {
    hint: 'it looks like milliseconds, which dateFormat=epochMillis reads',
    cause: 'The file writes dates in milliseconds since 1970.',
    remedy: 'Upload it with `dateFormat=epochMillis`.',
  },
  microseconds: {
    hint: 'it looks like microseconds, so leave out the last three digits',
    cause: 'The file writes dates in microseconds since 1970.',
    remedy: 'Leave out the last three digits of each date.',
  },
  nanoseconds: {
    hint: 'it looks like nanoseconds, so leave out the last six digits',
    cause: 'The file writes dates in nanoseconds since 1970.',
    remedy: 'Leave out the last six digits of each date.',
  },
  country_code_missing: {
    hint: 'it may lack its country code, which the field defaultCountry of an upload adds',
    cause: 'The mobile is written without its country code.',
    remedy: 'Upload the file with `defaultCountry`, such as `IN`.',
  },
} as const satisfies Record<string, LikelyCauseEntry>

export type LikelyCause = keyof typeof LIKELY_CAUSES

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
const MONTHS = 12
const LONGEST_MONTH = 31
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
  if (DAY_FIRST.test(text) || YEAR_FIRST.test(text)) return findOrderCause(text, dateFormat)
  if (GROUPED.test(text) || GROUPED_BY_TWO.test(text)) return findGroupingCause(text)
  return findNumberCause(text, dateFormat) ?? (FRACTION.test(text) ? findGroupingCause(text) : null)
}

function findOrderCause(text: string, dateFormat: string): LikelyCause | null {
  if (isNamedDateFormat(dateFormat)) return DAY_FIRST.test(text) ? 'day_first_date' : 'year_first_date'
  const isSameOrder = YEAR_FIRST.test(text) === dateFormat.startsWith('yyyy')
  if (!isSameOrder || outline(text, /\d+/g) !== outline(dateFormat, /[yMdHhmsS]+/g)) return 'other_date'
  if (dateFormat.startsWith('y')) return null
  const [first = 0, second = 0] = text.match(/\d+/g)?.map(Number) ?? []
  const [day, month] = dateFormat.startsWith('d') ? [first, second] : [second, first]
  return month > MONTHS && month <= LONGEST_MONTH && day <= MONTHS ? 'swapped_date' : null
}

/** What stands between the numbers of a date, or between the parts of a pattern: by it the two are compared. */
function outline(text: string, number: RegExp): string {
  return text
    .replaceAll(number, '0')
    .replace(/ ?(?:a|[ap]\.?m\.?)$/i, 'a')
    .trim()
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
