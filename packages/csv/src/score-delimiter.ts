import { KNOWN_DELIMITERS } from './delimiter.ts'
import { reaches, type DecisiveColumns } from './find-header.ts'
import type { FirstRecord } from './first-records.ts'
import { trimCell } from './unseen.ts'

/** What speaks for a delimiter, the weightiest first. */
export type DelimiterScore = readonly [
  agreement: number,
  credible: number,
  dated: number,
  reaching: number,
  ofOneWidth: number,
]

const ID = /^'?(?:=")?\p{Nd}+(?:\.0+)?"?$/u
const BEGINS_WITH_DIGIT = /^'?(?:=")?\p{Nd}/u

/** How well a file's first records speak for the delimiter with which they were read. `header`: its index, or -1. */
export function scoreDelimiter(
  records: readonly FirstRecord[],
  header: number,
  columns: DecisiveColumns,
  delimiter: string,
): DelimiterScore {
  const others = KNOWN_DELIMITERS.filter((other) => other !== delimiter && other !== ',')
  const width = widthOf(records[header]?.cells ?? [])
  const rows = records.slice(header + 1)
  let agreeing = 0
  let credible = 0
  let dated = 0
  let reaching = 0
  const countByWidth = new Map<number, number>()
  for (const { cells } of rows) {
    if (cells === null) continue
    // A width of 1 is what every wrong delimiter gives.
    if (cells.length > 1) countByWidth.set(cells.length, (countByWidth.get(cells.length) ?? 0) + 1)
    if (!reaches(cells, columns)) continue
    reaching += 1
    if (widthOf(cells) <= width) agreeing += 1
    const date = trimCell(cells[columns.date] ?? '')
    const isDate = BEGINS_WITH_DIGIT.test(date) && !others.some((other) => date.includes(other))
    if (!isDate) continue
    dated += 1
    if (ID.test(trimCell(cells[columns.till] ?? ''))) credible += 1
  }
  // Header and rows agree on a width when at least half of the rows do.
  const agrees = header >= 0 && agreeing * 2 >= rows.length
  return [agrees ? 1 : 0, credible, dated, reaching, Math.max(0, ...countByWidth.values())]
}

/** Without empty cells at the end, of which some programs write any number. */
function widthOf(cells: readonly string[]): number {
  return cells.findLastIndex((cell) => trimCell(cell) !== '') + 1
}

export function compareScores(one: DelimiterScore, other: DelimiterScore): number {
  const index = one.findIndex((part, at) => part !== other[at])
  return index === -1 ? 0 : (one[index] ?? 0) - (other[index] ?? 0)
}
