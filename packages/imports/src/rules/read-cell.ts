import { describeColumn, toAsciiDigits, type ColumnKey } from '@importer/contracts'
import { trimCell, unguardCell } from '@importer/csv'

const APOSTROPHE = 39
const EQUALS = 61
/**
 * An apostrophe makes a spreadsheet keep a cell as text; a report puts one before tab and CR, too, and before signs
 * with something that cannot be seen between.
 */
const KEPT_AS_TEXT = /^'[\p{Cf}\p{Zs}]*(?:\p{Nd}|[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])/u
const FORMULA_AROUND_TEXT = /^="((?:[^"]|"")*)"$/
const WHOLE_FRACTION = /^(\d+)\.0+$/
const WHOLE_NUMBER = /^\d+$/

/**
 * An identifier's, a date's, a number's or a bill's cell: trimmed, and without what a spreadsheet needs to keep it as text:
 * a `'` before it, or `="…"` around it.
 */
export function readCell(cell: string): string {
  const text = trimCell(cell)
  const first = text.charCodeAt(0)
  return first === APOSTROPHE || first === EQUALS ? dropTextMarks(text) : text
}

function dropTextMarks(text: string): string {
  const bare = dropApostrophe(text)
  const inner = FORMULA_AROUND_TEXT.exec(bare)?.[1]
  return inner === undefined ? bare : trimCell(inner.replaceAll('""', '"'))
}

/** What the apostrophe guarded was trimmed in the file that a report was made of, too. */
function dropApostrophe(text: string): string {
  return KEPT_AS_TEXT.test(text) ? trimCell(text.slice(1)) : text
}

/** A whole number in any script's digits, also as data frames write it: `50015001.0`. Other texts stay as they are. */
function toWholeNumber(text: string): string {
  if (WHOLE_NUMBER.test(text)) return text
  const digits = toAsciiDigits(text)
  return WHOLE_FRACTION.exec(digits)?.[1] ?? digits
}

const readNumber = (cell: string): string => toWholeNumber(readCell(cell))
const readDate = (cell: string): string => toAsciiDigits(readCell(cell))

const READERS = { id: readNumber, mobile: readNumber, text: readCell, date: readDate, note: trimCell } as const

/** How a column's cells are read. `isReport`: the file is an error report sent again, whose `'` is ours in `details`, too. */
export function cellReaderOf(key: ColumnKey, isReport: boolean): (cell: string) => string {
  const read = READERS[describeColumn(key).type]
  return isReport ? (cell) => read(unguardReportCell(cell)) : read
}

/** A cell of an error report that was sent again, as it stood in the file that the report was made of. */
export function unguardReportCell(cell: string): string {
  // Of a cell that had blanks alone the ' is all that can be seen.
  return unguardCell(cell.startsWith("'") ? cell : trimCell(cell))
}

/** A cell as messages show it: without what stands there for a spreadsheet only. */
export function readShownCell(cell: string, isReport: boolean): string {
  return readCell(isReport ? unguardReportCell(cell) : cell)
}

export const REPORT_COLUMNS = ['rowNumber', 'line', 'errorCode', 'errorNumber', 'errorMessage']

/** Whether a header ends with an error report's own columns: then the file is such a report, sent again. */
export function isReportHeader(header: readonly string[] | undefined): boolean {
  return findReportColumns(header) !== null
}

/** Where an error report's own columns begin in the header that ends with them; null: it does not. */
export function findReportColumns(header: readonly string[] | undefined): number | null {
  const names = header ?? []
  const end = names.findLastIndex((name) => trimCell(name) !== '') + 1
  const start = end - REPORT_COLUMNS.length
  return start >= 0 && REPORT_COLUMNS.every((name, index) => trimCell(names[start + index] ?? '') === name)
    ? start
    : null
}

const REFERENCE_READERS: Readonly<Record<string, (cell: string) => string>> = {
  id: readNumber,
  seriesId: readNumber,
  customerId: readNumber,
  maxRedemptionsPerCoupon: readNumber,
  mobile: readNumber,
  validFrom: readNumber,
  validTill: readNumber,
  expiresAt: readNumber,
  code: readCell,
  email: readCell,
  externalId: readCell,
}

/** The cell of a column of reference data, by the same rules; texts without a rule of their own are trimmed. */
export function readReferenceCell(name: string, cell: string): string {
  return (REFERENCE_READERS[name] ?? trimCell)(cell)
}
