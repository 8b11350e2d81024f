/**
 * How contract section 6 says that a date is read, by trying what the clocks of a zone show. Shares no code with the
 * importer.
 *
 * Readings chosen where the contract leaves a point open: two digits of a year are of this century; `M`, `d`, `H` and `h`
 * take one digit or two, all others as many as they have letters; a date without a time is its midnight; `AM` and `PM`
 * count without case.
 */

/** The parts of a local time, in the order of their size; the month from 1. */
type Clock = readonly [
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
]

/** The instant that a cell names, in epoch ms, however absurd; null: it names none. The cell is read, and not empty. */
export function readDateSlowly(text: string, dateFormat: string, timeZone: string | undefined): number | null {
  if (dateFormat === 'epochMillis') return /^[0-9]+$/.test(text) ? Number(text) : null
  if (dateFormat === 'epochSeconds') return /^[0-9]+$/.test(text) ? Number(text) * 1000 : null
  if (dateFormat === 'iso8601') return readIso(text, timeZone)
  const clock = readPattern(text, dateFormat)
  return clock === null ? null : findInstant(clock, timeZone ?? '')
}

const ISO =
  /^([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?:[Tt ]([0-9]{2})(:?)([0-9]{2})(?:\6([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$/

function readIso(text: string, timeZone: string | undefined): number | null {
  const found = ISO.exec(text)
  if (found === null) return null
  const [, year, , month, day, hour = '0', , minute = '0', second = '0', fraction = '', offset] = found
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  const clock: Clock = [Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second), ms]
  if (!isOnClocks(clock)) return null
  if (offset === undefined) return timeZone === undefined ? null : findInstant(clock, timeZone)
  if (offset === 'Z') return asIfUtc(clock)
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number)
  const ahead = (hours * 60 + minutes) * 60_000
  return asIfUtc(clock) + (offset.startsWith('-') ? ahead : -ahead)
}

const TOKEN = /yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|ss|SSS|a/g

function readPattern(text: string, pattern: string): Clock | null {
  const names: readonly string[] = pattern.match(TOKEN) ?? []
  const around = pattern.split(TOKEN).map((literal) => literal.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const digits = (name: string): string =>
    name === 'a' ? '([ap]m)' : name.length === 1 ? '([0-9]{1,2})' : `([0-9]{${name.length}})`
  const expression = names.map((name, at) => `${around[at]}${digits(name)}`).join('') + (around.at(-1) ?? '')
  const found = new RegExp(`^${expression}$`, 'i').exec(text)
  if (found === null) return null
  const valueOf = (...tokens: string[]): number =>
    Number(found[names.findIndex((name) => tokens.includes(name)) + 1] ?? '')
  const has = (token: string): boolean => names.includes(token)
  const half = has('a') ? found[names.indexOf('a') + 1]?.toLowerCase() : undefined
  const shown = has('h') || has('hh') ? valueOf('h', 'hh') : has('H') || has('HH') ? valueOf('H', 'HH') : 0
  if (half !== undefined && (shown < 1 || shown > 12)) return null
  const clock: Clock = [
    has('yyyy') ? valueOf('yyyy') : 2000 + valueOf('yy'),
    valueOf('M', 'MM'),
    valueOf('d', 'dd'),
    half === undefined ? shown : (shown % 12) + (half === 'pm' ? 12 : 0),
    has('mm') ? valueOf('mm') : 0,
    has('ss') ? valueOf('ss') : 0,
    has('SSS') ? valueOf('SSS') : 0,
  ]
  return isOnClocks(clock) ? clock : null
}

function asIfUtc([year, month, day, hour, minute, second, ms]: Clock): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, ms)
}

/** Whether the calendar has such a day and the clock such a time: others would be carried over into the next. */
function isOnClocks(clock: Clock): boolean {
  const date = new Date(asIfUtc(clock))
  const back = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()]
  return [...back, date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds()].join() === clock.join()
}

const clocksOf = new Map<string, Intl.DateTimeFormat>()

/** What the clocks of a zone show at an instant, to the second, as if it were UTC. */
export function showLocal(instantMs: number, timeZone: string): number {
  // This language writes times as ISO 8601 does.
  const clocks =
    clocksOf.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  clocksOf.set(timeZone, clocks)
  return Date.parse(`${clocks.format(instantMs).replace(' ', 'T')}Z`)
}

const DAY_MS = 86_400_000

/** The first instant at which the clocks of a zone show that; null: they never do. */
function findInstant(clock: Clock, timeZone: string): number | null {
  const local = asIfUtc(clock)
  const wanted = local - clock[6]
  const offsets = [-2, -1, 0, 1, 2].map((days) => {
    const instant = wanted + days * DAY_MS
    return showLocal(instant, timeZone) - instant
  })
  const instants = [...new Set(offsets)].map((offset) => wanted - offset)
  const shown = instants.filter((instant) => showLocal(instant, timeZone) === wanted)
  return shown.length === 0 ? null : Math.min(...shown) + clock[6]
}
