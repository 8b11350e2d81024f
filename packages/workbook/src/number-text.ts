const DAY_MS = 86_400_000
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

/** A serial number below 1 is a time of no day: 09:30:00. Null: it is another. */
export function showClock(serial: number): string | null {
  if (!(serial > 0 && serial < 1)) return null
  const ms = Math.round(serial * DAY_MS)
  return ms === DAY_MS ? null : new Date(ms).toISOString().slice(11, 19)
}

/**
 * The date and time that a serial number shows, to the millisecond, as ISO 8601 without an offset: a workbook knows no
 * time zone. Null for a number that is no date.
 */
export function showSerialDate(serial: number, is1904: boolean): string | null {
  if (!Number.isFinite(serial) || serial < 0 || serial > LAST_DAY) return null
  const ms = Math.round(serial * DAY_MS) + (is1904 ? EPOCH_1904_MS : EPOCH_1900_MS)
  const text = new Date(ms).toISOString().slice(0, -1)
  return text.endsWith('.000') ? text.slice(0, -4) : text
}
