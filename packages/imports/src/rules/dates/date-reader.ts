import {
  DEFAULT_DATE_FORMAT,
  isNamedDateFormat,
  parseDatePattern,
  type CellRules,
  type NamedDateFormat,
  type ReasonFoundBy,
} from '@importer/contracts'

import { compilePattern } from './compile-pattern.ts'
import { parseIsoDate } from './parse-iso-date.ts'
import { TimeZone } from './time-zone.ts'

type DateFault = ReasonFoundBy<'date'>

/** What is wrong with a date. A reader answers with a fault as the negative of its place here, less one. */
const DATE_FAULTS = [
  'date_not_millis',
  'date_not_in_calendar',
  'date_not_existing',
  'date_without_offset',
  'date_in_seconds',
  'date_too_early',
  'date_in_future',
] as const satisfies readonly DateFault[]

/** The instant that a trimmed, non-empty cell names, in epoch ms; or the fault that it has, as a number below 0. */
export type DateReader = (text: string) => number

/** What a number of a {@link DateReader} says is wrong; null: it is an instant. */
export function dateFaultOf(read: number): DateFault | null {
  return read < 0 ? (DATE_FAULTS[-read - 1] ?? null) : null
}

const FAULT_NUMBERS = Object.fromEntries(DATE_FAULTS.map((fault, index) => [fault, -index - 1])) as Record<
  (typeof DATE_FAULTS)[number],
  number
> satisfies Record<DateFault, number>

const YEAR_2000_MS = 946_684_800_000
const DIGITS = /^\d+$/
const WHOLE_FRACTION = /^(\d+)\.0+$/

/**
 * Reads dates of an import's format. `latestMs` is the last instant that is not in the future. Throws a RangeError when
 * the format or the time zone is none.
 */
export function createDateReader(
  { dateFormat = DEFAULT_DATE_FORMAT, timeZone }: CellRules,
  latestMs: number,
): DateReader {
  const zone = timeZone === undefined ? null : new TimeZone(timeZone)
  const check = (ms: number): number =>
    ms < YEAR_2000_MS ? FAULT_NUMBERS.date_too_early : ms > latestMs ? FAULT_NUMBERS.date_in_future : ms
  const read = isNamedDateFormat(dateFormat)
    ? NAMED_READERS[dateFormat](zone, check, latestMs)
    : createPatternReader(dateFormat, zone, check)
  return zone === null || timeZone === undefined ? read : readDatesOfWorkbooks(read, timeZone, zone, check)
}

/**
 * A cell of a workbook that holds a date says which one it is, whatever format texts have: it is written with the time
 * zone in which it is read (RFC 9557), and so reads the same in a report that is sent again.
 */
function readDatesOfWorkbooks(read: DateReader, timeZone: string, zone: TimeZone, check: Check): DateReader {
  const suffix = zoneSuffix(timeZone)
  return (text) => {
    if (!text.endsWith(suffix)) return read(text)
    const date = parseIsoDate(text.slice(0, -suffix.length))
    if (date === null || date.offsetMs !== null) return FAULT_NUMBERS.date_not_millis
    return Number.isNaN(date.localMs) ? FAULT_NUMBERS.date_not_in_calendar : checkLocal(zone, date.localMs, check)
  }
}

/** What stands behind the date and time of a workbook's cell. */
export function zoneSuffix(timeZone: string): string {
  return `[${timeZone}]`
}

type Check = (ms: number) => number

const NAMED_READERS: Record<NamedDateFormat, (zone: TimeZone | null, check: Check, latestMs: number) => DateReader> = {
  epochMillis: (_zone, check, latestMs) => (text) => {
    const digits = wholeNumberOf(text)
    if (digits === null) return FAULT_NUMBERS.date_not_millis
    const ms = Number(digits)
    const isSeconds = ms >= YEAR_2000_MS / 1000 && ms <= latestMs / 1000
    return isSeconds ? FAULT_NUMBERS.date_in_seconds : check(ms)
  },
  epochSeconds: (_zone, check) => (text) => {
    const digits = wholeNumberOf(text)
    return digits === null ? FAULT_NUMBERS.date_not_millis : check(Number(digits) * 1000)
  },
  iso8601: (zone, check) => (text) => {
    const date = parseIsoDate(text)
    if (date === null) return FAULT_NUMBERS.date_not_millis
    if (Number.isNaN(date.localMs)) return FAULT_NUMBERS.date_not_in_calendar
    if (date.offsetMs !== null) return check(date.localMs - date.offsetMs)
    return zone === null ? FAULT_NUMBERS.date_without_offset : checkLocal(zone, date.localMs, check)
  },
}

function createPatternReader(pattern: string, zone: TimeZone | null, check: Check): DateReader {
  const parsed = parseDatePattern(pattern)
  if (!parsed.ok) throw new RangeError(`dateFormat "${pattern}" ${parsed.message}`)
  if (zone === null) throw new RangeError(`dateFormat "${pattern}" needs a timeZone`)
  const parse = compilePattern(parsed.parts)
  return (text) => {
    let localMs = parse(text)
    // A spreadsheet's or a data frame's number: 20241125.0 is 20241125.
    if (localMs === null) localMs = parse(WHOLE_FRACTION.exec(text)?.[1] ?? '')
    if (localMs === null) return FAULT_NUMBERS.date_not_millis
    return Number.isNaN(localMs) ? FAULT_NUMBERS.date_not_in_calendar : checkLocal(zone, localMs, check)
  }
}

function checkLocal(zone: TimeZone, localMs: number, check: Check): number {
  const ms = zone.toInstant(localMs)
  return Number.isNaN(ms) ? FAULT_NUMBERS.date_not_existing : check(ms)
}

function wholeNumberOf(text: string): string | null {
  return DIGITS.test(text) ? text : (WHOLE_FRACTION.exec(text)?.[1] ?? null)
}
