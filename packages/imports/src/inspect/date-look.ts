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

/** What the non-empty cells of a column agree on; null: they are no dates, or do not agree. */
export function lookAtDates(samples: readonly string[]): DateLook | null {
  if (samples.length === 0) return null
  if (samples.every((text) => isEpoch(text, 1000))) return { dateFormat: 'epochMillis', isLocal: false }
  if (samples.every((text) => isEpoch(text, 1))) return { dateFormat: 'epochSeconds', isLocal: false }
  const iso = samples.map((text) => ISO.exec(text))
  if (iso.every((match) => match !== null)) {
    return { dateFormat: 'iso8601', isLocal: iso.some((match) => match.groups?.['offset'] === undefined) }
  }
  return lookAtPattern(samples)
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
  readonly time: string
}

/** Day and month are told apart only by a cell that leaves no doubt: one of the two is over 12. */
function lookAtPattern(samples: readonly string[]): DateLook | null {
  const cells = samples.map(readParts)
  const [shape] = cells
  if (shape == null) return null
  const isSame = (cell: Parts | null): cell is Parts =>
    cell !== null && cell.separator === shape.separator && cell.time === shape.time
  if (!cells.every(isSame)) return null
  const { separator, time } = shape
  if (cells.every(({ first }) => first.length === 4)) {
    const [month, day] = [widthOf(cells, 'second', 'M'), widthOf(cells, 'third', 'd')]
    return { dateFormat: `yyyy${separator}${month}${separator}${day}${time}`, isLocal: true }
  }
  if (!cells.every(({ third, first }) => first.length <= 2 && third.length === cells[0]?.third.length)) return null
  const year = shape.third.length === 4 ? 'yyyy' : 'yy'
  const isDayFirst = cells.some(({ first }) => Number(first) > 12)
  const isMonthFirst = cells.some(({ second }) => Number(second) > 12)
  // In writing, dots are put between day and month in this order only.
  if (isDayFirst === isMonthFirst && separator !== '.') return { dateFormat: null, isLocal: true }
  const order = isMonthFirst
    ? [widthOf(cells, 'first', 'M'), widthOf(cells, 'second', 'd')]
    : [widthOf(cells, 'first', 'd'), widthOf(cells, 'second', 'M')]
  return { dateFormat: `${order.join(separator)}${separator}${year}${time}`, isLocal: true }
}

function widthOf(cells: readonly Parts[], part: 'first' | 'second' | 'third', letter: string): string {
  return cells.every((cell) => cell[part].length === 2) ? letter.repeat(2) : letter
}

function readParts(text: string): Parts | null {
  const groups = NUMERIC.exec(text)?.groups
  if (groups === undefined) return null
  const { first = '', second = '', third = '', separator = '', gap, hour = '', colon = ':', second2, half } = groups
  if (gap === undefined) return { first, second, third, separator, time: '' }
  const hours = half === undefined ? 'H' : 'h'
  const seconds = second2 === undefined ? '' : `${colon}ss`
  const mark = half === undefined ? '' : half.replace(/[AaPp][Mm]/, 'a')
  return { first, second, third, separator, time: `${gap}${hours.repeat(hour.length)}${colon}mm${seconds}${mark}` }
}
