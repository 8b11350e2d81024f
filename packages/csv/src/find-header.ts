import type { FirstRecord } from './first-records.ts'
import { trimCell } from './unseen.ts'

/** The positions of the columns, from 0, by which delimiter and header are recognized. */
export interface DecisiveColumns {
  readonly date: number
  readonly till: number
  /** The highest position that a record must reach. */
  readonly lastMandatory: number
}

/** Among so many records that are not empty a header is looked for. */
const HEADER_RECORDS = 10
const DIGIT = /\p{Nd}/u

/**
 * The header's place among a file's first records; -1 where there is none. It is the first record that could be a row,
 * if date and till are words: what comes before it is titles. Where there is none such, a first record with words for
 * date and till is a header that does not name every column.
 */
export function findHeader(records: readonly FirstRecord[], columns: DecisiveColumns, delimiter: string): number {
  const index = records.slice(0, HEADER_RECORDS).findIndex((record) => couldBeRow(record, columns, delimiter))
  if (hasWords(records[index]?.cells ?? [], columns)) return index
  return hasWords(records[0]?.cells ?? [], columns) ? 0 : -1
}

/** Date and till are both there, and neither holds a digit. */
function hasWords(cells: readonly string[], columns: DecisiveColumns): boolean {
  return [columns.date, columns.till].every((position) => {
    const cell = trimCell(cells[position] ?? '')
    return cell !== '' && !DIGIT.test(cell)
  })
}

/** Wide enough, with a date and a till. One that cannot be read is taken as it looks. */
function couldBeRow(record: FirstRecord, columns: DecisiveColumns, delimiter: string): boolean {
  const cells = record.cells ?? record.raw.split(delimiter)
  return reaches(cells, columns) && [columns.date, columns.till].every((at) => trimCell(cells[at] ?? '') !== '')
}

/** Whether a record is wide enough for all that it must hold. */
export function reaches(cells: readonly string[], columns: DecisiveColumns): boolean {
  return cells.length > columns.lastMandatory
}
