const DAY_MS = 86_400_000
const SECOND_MS = 1000
/** No zone has changed its clocks twice within so long. */
const STEP_MS = DAY_MS / 4
/** No zone has ever been farther from UTC than this; beyond it a change of the clocks does not touch a local time. */
const REACH_MS = DAY_MS + STEP_MS
/** Days of which it is known what the clocks did, at most. */
const MAX_CACHED_DAYS = 20_000

/** From `fromMs` (UTC) on local time is UTC plus `offsetMs`. */
interface Span {
  readonly fromMs: number
  readonly offsetMs: number
}

/**
 * The instants of a time zone's local times, by the rules that Intl knows. They are looked up once for each day: a local time
 * costs one look into a table, also in a file that is all of the night in which the clocks change.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat
  /** Day of local time → the offsets near it, in their order: one, unless the clocks change. */
  readonly #spansByDay = new Map<number, readonly Span[]>()
  /** Multiple of a step → the offset then: days that follow each other look at the same instants. */
  readonly #offsetByStep = new Map<number, number>()

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
    let spans = this.#spansByDay.get(day)
    if (spans === undefined) {
      spans = this.#listSpans(day * DAY_MS - REACH_MS, (day + 1) * DAY_MS + REACH_MS)
      if (this.#spansByDay.size >= MAX_CACHED_DAYS) {
        this.#spansByDay.clear()
        this.#offsetByStep.clear()
      }
      this.#spansByDay.set(day, spans)
    }
    const [first] = spans
    return spans.length === 1 && first !== undefined ? localMs - first.offsetMs : resolve(localMs, spans)
  }

  /** The offsets between two instants, in their order; the first one begins at `fromMs` or before. */
  #listSpans(fromMs: number, toMs: number): Span[] {
    const spans: Span[] = [{ fromMs, offsetMs: this.#offsetAt(fromMs) }]
    for (let at = fromMs; at < toMs; at += STEP_MS) {
      const next = Math.min(at + STEP_MS, toMs)
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
    if (instantMs % STEP_MS !== 0) return this.#lookUpOffset(instantMs)
    let offset = this.#offsetByStep.get(instantMs)
    if (offset === undefined) {
      offset = this.#lookUpOffset(instantMs)
      this.#offsetByStep.set(instantMs, offset)
    }
    return offset
  }

  #lookUpOffset(instantMs: number): number {
    const whole = Math.floor(instantMs / SECOND_MS) * SECOND_MS
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of this.#format.formatToParts(whole)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole
  }
}

/** The earliest instant within the spans at which clocks show the local time; NaN: there is none. */
function resolve(localMs: number, spans: readonly Span[]): number {
  let earliest = Number.NaN
  for (const [index, { fromMs, offsetMs }] of spans.entries()) {
    const instant = localMs - offsetMs
    const isWithin = instant >= fromMs && instant < (spans[index + 1]?.fromMs ?? Infinity)
    if (isWithin && !(instant >= earliest)) earliest = instant
  }
  return earliest
}
