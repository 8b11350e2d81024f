import { toLocalMs } from './local-time.ts'

export interface IsoDate {
  /** What clocks show, as if it were UTC; NaN when the calendar has no such day or the clock no such time. */
  readonly localMs: number
  /** How far local time is ahead of UTC; null when the value does not say. */
  readonly offsetMs: number | null
}

const MINUTE_MS = 60_000
const EXTENDED =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt\s](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:([Zz])|([+\-\u2212])(\d\d)(?::?(\d\d))?)?)?$/
const BASIC =
  /^(\d{4})(\d\d)(\d\d)(?:[Tt](\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+\-\u2212])(\d\d)(?::?(\d\d))?)?)?$/

/** A date or a date and time of ISO 8601, a blank instead of the T allowed; a date alone is its midnight. Null: it is none. */
export function parseIsoDate(text: string): IsoDate | null {
  const match = EXTENDED.exec(text) ?? BASIC.exec(text)
  if (match === null) return null
  const number = (group: number): number => Number(match[group] ?? 0)
  const fraction = match[7] ?? ''
  const ms = fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const localMs = toLocalMs(number(1), number(2), number(3), number(4), number(5), number(6), ms)
  if (match[8] !== undefined) return { localMs, offsetMs: 0 }
  if (match[9] === undefined) return { localMs, offsetMs: null }
  const [hours, minutes] = [number(10), number(11)]
  if (hours > 23 || minutes > 59) return { localMs: Number.NaN, offsetMs: 0 }
  return { localMs, offsetMs: (match[9] === '+' ? 1 : -1) * (hours * 60 + minutes) * MINUTE_MS }
}
