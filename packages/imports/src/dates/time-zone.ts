const DAY_MS = 86_400_000
const SECOND_MS = 1000
/** No zone has ever been farther from UTC than this; beyond it a change of the clocks does not touch a local time. */
const REACH_MS = DAY_MS + 7_200_000
/** Days of which it is known what the clocks did, at most. */
const MAX_CACHED_DAYS = 20_000

/** From `fromMs` (UTC) on local time is UTC plus `offsetMs`. */
interface Span {
  readonly fromMs: number
  readonly offsetMs: number
}

/**
 * The instants of a time zone's local times, by the rules that Intl knows. Offsets are looked up once for each day: a
 * local time on a day whose clocks do not change costs one look into a table.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat
  /** Day of local time → its offset, or NaN where the clocks change near it. */
  readonly #offsetByDay = new Map<number, number>()

  /** Throws a RangeError when there is no such zone. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /**
   * The instant, in epoch ms, at which clocks show a local time, given as if it were UTC: the earlier one where they show
   * it twice, NaN where they never do.
   */
  toInstant(localMs: number): number {
    const day = Math.floor(localMs / DAY_MS)
    let offset = this.#offsetByDay.get(day)
    if (offset === undefined) {
      offset = this.#findOffsetOfDay(day)
      if (this.#offsetByDay.size >= MAX_CACHED_DAYS) this.#offsetByDay.clear()
      this.#offsetByDay.set(day, offset)
    }
    return Number.isNaN(offset) ? this.#resolve(localMs) : localMs - offset
  }

  #findOffsetOfDay(day: number): number {
    const spans = this.#listSpans(day * DAY_MS - REACH_MS, (day + 1) * DAY_MS + REACH_MS)
    return spans.length === 1 ? (spans[0]?.offsetMs ?? Number.NaN) : Number.NaN
  }

  #resolve(localMs: number): number {
    const spans = this.#listSpans(localMs - REACH_MS, localMs + REACH_MS)
    const instants = spans.flatMap(({ fromMs, offsetMs }, index) => {
      const instant = localMs - offsetMs
      const endMs = spans[index + 1]?.fromMs ?? Infinity
      return instant >= fromMs && instant < endMs ? [instant] : []
    })
    return instants.length === 0 ? Number.NaN : Math.min(...instants)
  }

  /** The offsets between two instants, in their order; the first one begins at `fromMs` or before. */
  #listSpans(fromMs: number, toMs: number): Span[] {
    const spans: Span[] = [{ fromMs, offsetMs: this.#offsetAt(fromMs) }]
    // No zone has changed its clocks twice within a quarter of a day.
    for (let at = fromMs; at < toMs; at += DAY_MS / 4) {
      const next = Math.min(at + DAY_MS / 4, toMs)
      const offsetMs = this.#offsetAt(next)
      if (offsetMs === spans.at(-1)?.offsetMs) continue
      spans.push({ fromMs: this.#findChange(at, next), offsetMs })
    }
    return spans
  }

  /** The first whole second behind `beforeMs` at which the offset is that of `afterMs`. */
  #findChange(beforeMs: number, afterMs: number): number {
    const offset = this.#offsetAt(afterMs)
    let before = Math.floor(beforeMs / SECOND_MS)
    let after = Math.ceil(afterMs / SECOND_MS)
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.#offsetAt(middle * SECOND_MS) === offset) after = middle
      else before = middle
    }
    return after * SECOND_MS
  }

  #offsetAt(instantMs: number): number {
    const whole = Math.floor(instantMs / SECOND_MS) * SECOND_MS
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of this.#format.formatToParts(whole)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole
  }
}
