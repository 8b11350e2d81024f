const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Day 0 of Excel's two calendars; the first one counts a 29 February 1900 that never was. */
const EPOCH_1900_MS = Date.UTC(1899, 11, 30)
const EPOCH_1904_MS = Date.UTC(1904, 0, 1)
const LAST_DAY = 2_958_465

/** A number as it was meant: all digits, no exponent, no fraction of zeros. What is no number is given back. */
export function showNumber(written: string, minDigits: number): string {
  if (/^-?\d+$/.test(written)) return pad(written, minDigits)
  const value = Number(written)
  if (written.trim() === '' || !Number.isFinite(value)) return written
  if (Number.isInteger(value)) return pad(BigInt(value).toString(), minDigits)
  // Spreadsheets show 15 digits: behind them stands what binary fractions cannot say.
  const text = String(Number(value.toPrecision(15)))
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text
}

function pad(digits: string, minDigits: number): string {
  return digits.startsWith('-') ? digits : digits.padStart(minDigits, '0')
}

/** A serial number below 1 is a time of no day: 09:30:00, with `.SSS` where it has milliseconds. Null: it is another. */
export function showClock(serial: number): string | null {
  if (!(serial > 0 && serial < 1)) return null
  const ms = Math.round(serial * DAY_MS)
  return ms === DAY_MS ? null : dropZeros(new Date(ms).toISOString().slice(11, -1))
}

/** The first day of the year 2000 in either calendar, about: nobody counts so many hours. */
const LONGEST_DAYS = 36_526

/** Counted hours, of a day and more: 33:20:40. Null: it is a date, whatever its format counts. */
export function showElapsed(serial: number): string | null {
  if (!(serial > 0 && serial < LONGEST_DAYS)) return null
  const ms = Math.round(serial * DAY_MS)
  const hours = String(Math.floor(ms / HOUR_MS)).padStart(2, '0')
  return dropZeros(`${hours}${new Date(ms).toISOString().slice(13, -1)}`)
}

/** Milliseconds are shown where there are some. */
function dropZeros(time: string): string {
  return time.endsWith('.000') ? time.slice(0, -4) : time
}

/**
 * The date and time that a serial number shows, to the millisecond, as ISO 8601 without an offset: a workbook knows no
 * time zone. Null for a number that is no date.
 */
export function showSerialDate(serial: number, is1904: boolean): string | null {
  if (!Number.isFinite(serial) || serial < 0 || serial > LAST_DAY) return null
  const ms = Math.round(serial * DAY_MS) + (is1904 ? EPOCH_1904_MS : EPOCH_1900_MS)
  return dropZeros(new Date(ms).toISOString().slice(0, -1))
}
