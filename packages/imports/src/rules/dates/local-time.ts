const DAY_MS = 86_400_000
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
/** Midnights of months that were asked for, by year and month: Date.UTC is slow beside it. */
const midnights = new Map<number, number>()

/**
 * A local time as if it were UTC, in ms; NaN when the calendar has no such day or the clock no such time.
 *
 * @param year from 0 to 9999; @param month from 1; @param day from 1; @param hour from 0 to 23
 */
export function toLocalMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number {
  if (hour > 23 || minute > 59 || second > 59 || day < 1) return Number.NaN
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > (DAYS_OF_MONTH[month - 1] ?? 0) + (isLeap ? 1 : 0)) return Number.NaN
  const key = year * 12 + month
  let midnight = midnights.get(key)
  if (midnight === undefined) {
    // Date.UTC takes years below 100 for others; the string does not.
    midnight = Date.parse(`${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01T00:00:00Z`)
    midnights.set(key, midnight)
  }
  return midnight + (day - 1) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms
}
