import { DEFAULT_DATE_FORMAT, isNamedDateFormat } from './date-format.ts'
import { toAsciiDigits } from './identifiers.ts'
import type { ColumnKey, CellRules } from './columns.ts'

/** What a message may go by beside the value itself. */
export interface HintContext extends CellRules {
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
const FIRST_SERIAL = 20_000
const LAST_SERIAL = 80_000
const FIRST_SECONDS = 946_684_800
const LAST_SECONDS = 4_102_444_800

/** The likely cause of a value that is no good, as the end of a sentence; null where the value shows none. */
export function findHint(field: ColumnKey, value: string, context: HintContext): string | null {
  const text = toAsciiDigits(value)
  const common = findSpreadsheetHint(text)
  if (common !== null) return common
  if (field === 'redeemedDateInMillis') return findLineHint(text, context) ?? findDateHint(text, context)
  if (field === 'redeemedAt' || field === 'userId' || field === 'couponId') {
    return findGroupingHint(text) ?? findLineHint(text, context)
  }
  return field === 'mobile' ? findMobileHint(text, context) : null
}

function findSpreadsheetHint(text: string): string | null {
  if (SPREADSHEET_ERROR.test(text)) {
    return 'it is an error of a spreadsheet, whose formula has failed or whose column was too narrow, so correct it there and export the file again'
  }
  if (SHORTENED.test(text)) {
    return 'it is a number that a spreadsheet shortened, so its digits are lost: format the column as text there and export the file again'
  }
  return null
}

function findGroupingHint(text: string): string | null {
  if (GROUPED.test(text) || GROUPED_BY_TWO.test(text))
    return 'it has thousands separators, so export the column without them'
  if (FRACTION.test(text)) return 'it has a fraction, so export the column as whole numbers'
  return null
}

function findLineHint(text: string, { isFirstRow = false }: HintContext): string | null {
  if (TOTALS.test(text)) return 'the line looks like one of totals, so leave it out'
  if ((isFirstRow && LETTERS.test(text)) || (LETTERS.test(text) && HEADER_WORD.test(text))) {
    return 'the line looks like a header, so leave it out, or upload with hasHeader=true if it is the first one'
  }
  return null
}

function findDateHint(text: string, { dateFormat = DEFAULT_DATE_FORMAT }: HintContext): string | null {
  if (ISO.test(text) && dateFormat !== 'iso8601') {
    return 'it looks like ISO 8601, which dateFormat=iso8601 reads (with timeZone, unless it says its offset)'
  }
  if (DAY_FIRST.test(text) && isNamedDateFormat(dateFormat)) {
    return 'it looks like a date with day, month and year, which dateFormat=dd/MM/yyyy or MM/dd/yyyy and the like reads, together with timeZone'
  }
  if (YEAR_FIRST.test(text) && isNamedDateFormat(dateFormat)) {
    return 'it looks like a date with year, month and day, which dateFormat=yyyy/MM/dd and the like reads, together with timeZone'
  }
  if (GROUPED.test(text) || GROUPED_BY_TWO.test(text)) return findGroupingHint(text)
  return findNumberHint(text, dateFormat) ?? (FRACTION.test(text) ? findGroupingHint(text) : null)
}

function findNumberHint(text: string, dateFormat: string): string | null {
  const number = /^\d+(?:[.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN
  if (number >= FIRST_SERIAL && number <= LAST_SERIAL) {
    return 'it looks like the serial number by which a spreadsheet keeps a date, so format the column there as text such as 2024-11-25T02:00:00 and upload with dateFormat=iso8601 and timeZone'
  }
  if (!/^\d+(?:\.0+)?$/.test(text)) return null
  const isBetween = (perSecond: number): boolean =>
    number >= FIRST_SECONDS * perSecond && number <= LAST_SECONDS * perSecond
  if (isBetween(1) && dateFormat !== 'epochSeconds') return 'it looks like seconds, which dateFormat=epochSeconds reads'
  if (isBetween(1e3) && dateFormat !== 'epochMillis') {
    return 'it looks like milliseconds, which dateFormat=epochMillis reads'
  }
  if (isBetween(1e6)) return 'it looks like microseconds, so leave out the last three digits'
  if (isBetween(1e9)) return 'it looks like nanoseconds, so leave out the last six digits'
  const pattern = /^(?:19|20)\d{12}$/.test(text) ? 'yyyyMMddHHmmss' : /^(?:19|20)\d{6}$/.test(text) ? 'yyyyMMdd' : null
  return pattern === null || !isNamedDateFormat(dateFormat) || dateFormat === 'iso8601'
    ? null
    : `it looks like a date without separators, which dateFormat=${pattern} reads, together with timeZone`
}

/** Without a country code a mobile has at most ten or eleven digits, the zero that some countries put before it included. */
function findMobileHint(text: string, { defaultCountry }: HintContext): string | null {
  const digits = text.replaceAll(/[^\p{L}\p{Nd}+]/gu, '')
  if (defaultCountry !== undefined || !/^(?:0[1-9]\d{4,10}|[1-9]\d{4,9})$/.test(digits)) return null
  return 'it may lack its country code, which the field defaultCountry of an upload adds'
}
