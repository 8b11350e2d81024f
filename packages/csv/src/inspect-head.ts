import { BlockReader, FILE_START, READ_SIZES } from './block-reader.ts'
import { KNOWN_DELIMITERS } from './delimiter.ts'
import { recognizeOtherKind } from './file-kind.ts'

/** How many of a file's first bytes an inspection wants. */
export const HEAD_BYTES = 256 * 1024

const JUDGED_RECORDS = 100

/** The positions of the columns, from 0, by which delimiter and header are judged. */
export interface JudgedColumns {
  readonly date: number
  readonly till: number
  /** The highest position that a record must reach. */
  readonly lastMandatory: number
}

export interface HeadInspection {
  readonly delimiter: string
  readonly hasHeader: boolean
}

export type HeadResult =
  | ({ readonly ok: true } & HeadInspection)
  | { readonly ok: false; readonly code: 'EMPTY_FILE' | 'NOT_CSV'; readonly message: string }

/** A record's cells, or null where it cannot be read. */
type JudgedRecord = readonly string[] | null

/**
 * Says from a file's first bytes how the file is to be read, or why it cannot be.
 *
 * @param head the first {@link HEAD_BYTES} of the file, or all of a shorter one
 * @param complete whether that is the whole file
 * @param delimiter where it is known and need not be found
 */
export function inspectHead(
  head: Uint8Array,
  complete: boolean,
  columns: JudgedColumns,
  delimiter?: string,
): HeadResult {
  if (complete && isBlank(head)) {
    return { ok: false, code: 'EMPTY_FILE', message: 'the file is empty; expected CSV with at least one row' }
  }
  const otherKind = recognizeOtherKind(head)
  if (otherKind !== undefined) {
    return { ok: false, code: 'NOT_CSV', message: `the file looks like ${otherKind}; expected CSV in UTF-8` }
  }

  const delimiters = delimiter === undefined ? KNOWN_DELIMITERS : [delimiter]
  const candidates = delimiters.map((candidate) => {
    const records = readFirstRecords(head, complete, candidate)
    return { delimiter: candidate, records, score: scoreRecords(records, columns) }
  })
  // The first of equals stays: the order of the known delimiters decides.
  const best = candidates.reduce((one, other) => (compareScores(other.score, one.score) > 0 ? other : one))
  return { ok: true, delimiter: best.delimiter, hasHeader: isHeader(best.records[0], columns) }
}

/** Whether there is nothing but a byte order mark, blanks and line ends. */
function isBlank(head: Uint8Array): boolean {
  const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf
  const text = hasMark ? head.subarray(3) : head
  return text.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

function readFirstRecords(head: Uint8Array, complete: boolean, delimiter: string): JudgedRecord[] {
  const reader = new BlockReader(delimiter, FILE_START, READ_SIZES)
  reader.push(head)
  // Also where the file goes on: a quote that is open to the end of the head must not hide all that is behind it.
  reader.finish()
  const records: JudgedRecord[] = []
  let end = 0
  for (let block = reader.take(); block !== undefined; block = reader.take()) {
    const { cells, faults } = block
    cells.forEach((row, index) => records.push(faults.has(index) ? null : row))
    end = block.endOffset
    if (records.length > JUDGED_RECORDS) break
  }
  const lastIsCut = !complete && end === head.length && records.length > 1
  return records.slice(0, Math.min(JUDGED_RECORDS, lastIsCut ? records.length - 1 : records.length))
}

/** What speaks for a delimiter, the weightiest first. */
type Score = readonly [datedRecords: number, wideRecords: number, recordsOfOneWidth: number]

function scoreRecords(records: readonly JudgedRecord[], columns: JudgedColumns): Score {
  let dated = 0
  let wide = 0
  const countByWidth = new Map<number, number>()
  for (const record of records) {
    if (record === null) continue
    if (record.length > columns.lastMandatory) {
      wide++
      if (/^\d+$/.test(record[columns.date]?.trim() ?? '')) dated++
    }
    // A width of 1 is what every wrong delimiter gives.
    if (record.length > 1) countByWidth.set(record.length, (countByWidth.get(record.length) ?? 0) + 1)
  }
  return [dated, wide, Math.max(0, ...countByWidth.values())]
}

function compareScores(one: Score, other: Score): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2]
}

/** A header's date and till cells are both non-empty, and neither holds a digit. */
function isHeader(record: JudgedRecord | undefined, columns: JudgedColumns): boolean {
  if (record === undefined || record === null) return false
  return [columns.date, columns.till].every((position) => {
    const cell = record[position]?.trim() ?? ''
    return cell !== '' && !/\d/.test(cell)
  })
}
