/** How the dates of a column are written, as the `dateFormat` of an upload; null where the cells leave it open. */
export interface DateLook {
  readonly dateFormat: string | null
  /** Whether reading it needs a `timeZone`. */
  readonly isLocal: boolean
}

const YEAR_2000_S = 946_684_800
const YEAR_2100_S = 4_102_444_800

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?\s?(?<offset>Z|[+-]\d{2}:?\d{2})?$/i
const NUMERIC =
  /^(?<first>\d{1,4})(?<separator>[./-])(?<second>\d{1,2})\k<separator>(?<third>\d{2,4})(?:(?<gap> |, ?)(?<hour>\d{1,2})(?<colon>[:.])(?<minute>\d{2})(?:\k<colon>(?<second2>\d{2}))?(?<half> ?[AaPp][Mm])?)?$/

/**
 * What most of a column's non-empty cells agree on: some may be wrong, and finding them is what the import is for. Null:
 * they are no dates, or do not agree.
 */
export function lookAtDates(samples: readonly string[]): DateLook | null {
  const isMost = (found: readonly unknown[]): boolean => found.length * 2 > samples.length
  if (isMost(samples.filter((text) => isEpoch(text, 1000)))) return { dateFormat: 'epochMillis', isLocal: false }
  if (isMost(samples.filter((text) => isEpoch(text, 1)))) return { dateFormat: 'epochSeconds', isLocal: false }
  const iso = samples.map((text) => ISO.exec(text)).filter((match) => match !== null)
  if (isMost(iso)) {
    return { dateFormat: 'iso8601', isLocal: iso.some((match) => match.groups?.['offset'] === undefined) }
  }
  const parts = groupByShape(samples)
  return isMost(parts) ? lookAtPattern(parts) : null
}

function isEpoch(text: string, perSecond: number): boolean {
  if (!/^\d{9,13}$/.test(text)) return false
  const seconds = Number(text) / perSecond
  return seconds >= YEAR_2000_S && seconds < YEAR_2100_S
}

interface Parts {
  readonly first: string
  readonly second: string
  readonly third: string
  readonly separator: string
  /** The digits of the hour; empty without a time. */
  readonly hour: string
  /** How the time is written, with `#` for the hour. */
  readonly time: string
}

const NUMBERS = ['first', 'second', 'third', 'hour'] as const

/** The parts of the cells that are written alike, as most of them are. */
function groupByShape(samples: readonly string[]): readonly Parts[] {
  const byShape = new Map<string, Parts[]>()
  for (const text of samples) {
    const parts = readParts(text)
    if (parts === null) continue
    const { first, third, separator, time } = parts
    const shape = [separator, time, first.length === 4, third.length].join('/')
    const alike = byShape.get(shape)
    if (alike === undefined) byShape.set(shape, [parts])
    else alike.push(parts)
  }
  return [...byShape.values()].toSorted((a, b) => b.length - a.length)[0] ?? []
}

/** Day and month are distinguished only by a cell that leaves no doubt: one of the two is over 12. */
function lookAtPattern(cells: readonly Parts[]): DateLook | null {
  const [shape] = cells
  if (shape === undefined) return null
  const { separator } = shape
  // Who writes 03 in one place writes 03 in all: without such a number a single letter reads one digit and two.
  const isPadded = cells.some((cell) => NUMBERS.some((part) => /^0\d$/.test(cell[part])))
  const letters = (part: (typeof NUMBERS)[number], letter: string): string =>
    isPadded && cells.every((cell) => cell[part].length === 2) ? letter.repeat(2) : letter
  const time = shape.time.replace(/#([Hh])/, (_text, letter: string) => letters('hour', letter))
  if (shape.first.length === 4) {
    const dateFormat = `yyyy${separator}${letters('second', 'M')}${separator}${letters('third', 'd')}${time}`
    return { dateFormat, isLocal: true }
  }
  if (shape.first.length > 2) return null
  const year = shape.third.length === 4 ? 'yyyy' : 'yy'
  const isDayFirst = cells.some(({ first }) => Number(first) > 12)
  const isMonthFirst = cells.some(({ second }) => Number(second) > 12)
  // In writing, dots are put between day and month in this order only.
  if (isDayFirst === isMonthFirst && (isDayFirst || separator !== '.')) return { dateFormat: null, isLocal: true }
  const order = isMonthFirst
    ? [letters('first', 'M'), letters('second', 'd')]
    : [letters('first', 'd'), letters('second', 'M')]
  return { dateFormat: `${order.join(separator)}${separator}${year}${time}`, isLocal: true }
}

function readParts(text: string): Parts | null {
  const groups = NUMERIC.exec(text)?.groups
  if (groups === undefined) return null
  const { first = '', second = '', third = '', separator = '', gap, hour = '', colon = ':', second2, half } = groups
  if (gap === undefined) return { first, second, third, separator, hour, time: '' }
  const letter = half === undefined ? 'H' : 'h'
  const seconds = second2 === undefined ? '' : `${colon}ss`
  const mark = half === undefined ? '' : half.replace(/[AaPp][Mm]/, 'a')
  return { first, second, third, separator, hour, time: `${gap}#${letter}${colon}mm${seconds}${mark}` }
}
