/** How the dates of a column are written. */
export interface DateLook {
  /** As the `dateFormat` of an upload; null where the cells leave it open. */
  readonly dateFormat: string | null
  /** Whether reading it needs a `timeZone`. */
  readonly isLocal: boolean
  /** Where it is open: each format that all cells of this form fit. Of several one is meant; with none they are not all written alike. */
  readonly possible?: readonly string[]
}

const YEAR_2000_S = 946_684_800
const YEAR_2100_S = 4_102_444_800

const ISO =
  /^\d{4}-(?<month>\d{2})-(?<day>\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?\s?(?<offset>Z|[+-]\d{2}:?\d{2})?$/i
const NUMERIC =
  /^(?<first>\d{1,4})(?<separator>[./-])(?<second>\d{1,2})\k<separator>(?<third>\d{1,4})(?:(?<gap> |, ?)(?<hour>\d{1,2})(?<colon>[:.])(?<minute>\d{2})(?:\k<colon>(?<second2>\d{2}))?(?<half> ?[AaPp][Mm])?)?$/

/** A date of a workbook's cell: it is read by its value, whatever format texts have. */
const OF_WORKBOOK = /^\d{4}-\d{2}-\d{2}T[\d:.]+\[[^\]]+\]$/

/**
 * What most of a column's non-empty cells agree on: some may be wrong, and finding them is what the import is for. Null:
 * they are no dates.
 */
export function lookAtDates(samples: readonly string[]): DateLook | null {
  const texts = samples.filter((text) => !OF_WORKBOOK.test(text))
  const look = lookAtTexts(texts)
  return look === null && texts.length * 2 < samples.length ? { dateFormat: 'iso8601', isLocal: true } : look
}

function lookAtTexts(samples: readonly string[]): DateLook | null {
  const isMost = (found: readonly unknown[]): boolean => found.length * 2 > samples.length
  if (isMost(samples.filter((text) => isEpoch(text, 1000)))) return { dateFormat: 'epochMillis', isLocal: false }
  if (isMost(samples.filter((text) => isEpoch(text, 1)))) return { dateFormat: 'epochSeconds', isLocal: false }
  const iso = samples.map((text) => ISO.exec(text)).filter((match) => match !== null)
  // As ISO 8601 but for zeros: 2020-10-9, or at 9:05.
  const isLoose = samples.some((text) => !ISO.test(text) && /^\d{4}-\d/.test(text) && groupByShape([text]).length > 0)
  if (isMost(iso) && !isLoose) {
    const isSwapped = iso.some(({ groups }) => Number(groups?.['month']) > 12 && Number(groups?.['day']) <= 12)
    if (isSwapped) return { dateFormat: null, isLocal: true, possible: [] }
    return { dateFormat: 'iso8601', isLocal: iso.some((match) => match.groups?.['offset'] === undefined) }
  }
  const parts = groupByShape(samples)
  if (isMost(parts)) return lookAtPattern(parts)
  // Dates, each written in its own way: as where a spreadsheet has made cells of those that it took for dates, and left the others.
  return isMost(samples.filter(isDate)) ? { dateFormat: null, isLocal: true, possible: [] } : null
}

function isDate(text: string): boolean {
  return isEpoch(text, 1000) || isEpoch(text, 1) || ISO.test(text) || groupByShape([text]).length > 0
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

const NUMBERS = ['first', 'second', 'third'] as const
const TIMED = [...NUMBERS, 'hour'] as const

/** What the three numbers of a date are: year, month, day. */
type Order = 'dMy' | 'Mdy' | 'yMd' | 'ydM'

/** The orders in which a date may be written, the usual ones apart from those that only cells without another reading show. */
function ordersOf({ first, third, separator }: Parts): { usual: readonly Order[]; unusual: readonly Order[] } {
  if (first.length === 4) return { usual: ['yMd'], unusual: ['ydM'] }
  // In writing, dots are put between day and month in this order only.
  const ofDayAndMonth: readonly Order[] = separator === '.' ? ['dMy'] : ['dMy', 'Mdy']
  const unusual: readonly Order[] = separator === '.' ? ['Mdy'] : []
  return third.length === 4 ? { usual: ofDayAndMonth, unusual } : { usual: [...ofDayAndMonth, 'yMd'], unusual }
}

function fits(order: Order, cell: Parts): boolean {
  return NUMBERS.every((part, index) => {
    const value = Number(cell[part])
    if (order[index] === 'y') return cell[part].length === 2 || cell[part].length === 4
    return cell[part].length <= 2 && value >= 1 && value <= (order[index] === 'M' ? 12 : 31)
  })
}

/** The parts of the cells that are written alike, as most of them are. What is a date in no order is none. */
function groupByShape(samples: readonly string[]): readonly Parts[] {
  const byShape = new Map<string, Parts[]>()
  for (const text of samples) {
    const parts = readParts(text)
    if (parts === null) continue
    const { first, third, separator, time } = parts
    const { usual, unusual } = ordersOf(parts)
    if (![...usual, ...unusual].some((order) => fits(order, parts))) continue
    const shape = [separator, time, first.length === 4, third.length === 4].join('/')
    const alike = byShape.get(shape)
    if (alike === undefined) byShape.set(shape, [parts])
    else alike.push(parts)
  }
  return [...byShape.values()].toSorted((a, b) => b.length - a.length)[0] ?? []
}

/** The one order that every cell fits: with two of them a guess would swap day and month, or day and year. */
function lookAtPattern(cells: readonly Parts[]): DateLook | null {
  const [shape] = cells
  if (shape === undefined) return null
  const { usual, unusual } = ordersOf(shape)
  const fitting = (orders: readonly Order[]): Order[] =>
    orders.filter((order) => cells.every((cell) => fits(order, cell)))
  const found = fitting(usual)
  const possible = (found.length > 0 ? found : fitting(unusual)).map((order) => writePattern(order, cells, shape))
  const [dateFormat = null] = possible
  return possible.length === 1 ? { dateFormat, isLocal: true } : { dateFormat: null, isLocal: true, possible }
}

function writePattern(order: Order, cells: readonly Parts[], shape: Parts): string {
  // Who writes 03 in one place writes 03 in all: without such a number a single letter reads one digit and two.
  const isPadded = cells.some((cell) =>
    TIMED.some((part) => order[TIMED.indexOf(part)] !== 'y' && /^0\d$/.test(cell[part])),
  )
  const repeat = (part: (typeof TIMED)[number], letter: string): string =>
    isPadded && cells.every((cell) => cell[part].length === 2) ? letter.repeat(2) : letter
  const time = shape.time.replace(/#([Hh])/, (_text, letter: string) => repeat('hour', letter))
  const date = NUMBERS.map((part, index) => {
    const letter = order[index] ?? ''
    return letter === 'y' ? letter.repeat(shape[part].length) : repeat(part, letter)
  })
  return `${date.join(shape.separator)}${time}`
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
