import { decodeRowError, type RowError } from '@importer/contracts'
import { readRecords } from '@importer/csv'
import { readRejectedRows, type Database, type ImportRecord, type RejectedRow } from '@importer/db'
import type { FileStore } from '@importer/runtime'

export interface RejectedRecordsSource {
  readonly database: Database
  readonly store: FileStore
  readonly importRecord: ImportRecord
}

export interface RejectedRecord {
  readonly rowNumber: number
  readonly line: number
  readonly cells: readonly string[]
  readonly errors: readonly RowError[]
  /** Where its bytes stand in the stored text: from, and up to but not including. */
  readonly start: number
  readonly end: number
}

/** Farther apart than this, the next record is opened anew rather than read up to. */
const MAX_GAP_BYTES = 256 * 1024

/**
 * The records of some rejected rows, which must be in row order: read from the stored text at the places that the
 * database has of them, so that a page costs what stands on it, wherever in the file that is.
 */
export async function readRejectedRecords(
  source: RejectedRecordsSource,
  delimiter: string,
  rows: readonly RejectedRow[],
): Promise<RejectedRecord[]> {
  const records: RejectedRecord[] = []
  let from = 0
  for (let i = 1; i <= rows.length; i += 1) {
    const [before, next] = [rows[i - 1], rows[i]]
    if (before === undefined) break
    if (next !== undefined && next.byteOffset - before.byteOffset <= MAX_GAP_BYTES) continue
    await readStretch(source, delimiter, rows.slice(from, i), records)
    from = i
  }
  return records
}

async function readStretch(
  { store, importRecord }: RejectedRecordsSource,
  delimiter: string,
  rows: readonly RejectedRow[],
  records: RejectedRecord[],
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const from = { byteOffset: first.byteOffset, line: first.line }
  const bytes = store.read(importRecord.fileKey, { start: from.byteOffset })
  let rowNumber = first.rowNumber
  let index = 0
  for await (const { cells, offsets, endOffset } of readRecords(bytes, { delimiter, from })) {
    for (let i = 0; i < cells.length; i += 1) {
      const wanted = rows[index]
      if (wanted === undefined) return
      if (wanted.rowNumber === rowNumber) {
        records.push({
          rowNumber,
          line: wanted.line,
          cells: cells[i] ?? [],
          errors: wanted.errors.map(decodeRowError),
          start: offsets[i] ?? 0,
          end: offsets[i + 1] ?? endOffset,
        })
        index += 1
      }
      rowNumber += 1
    }
  }
  if (index < rows.length) {
    throw new Error(`the stored file of import ${importRecord.id} ends before row ${rows[index]?.rowNumber}`)
  }
}

const PAGE_ROWS = 5_000

/** All rejected rows of an import, a page at a time. */
export async function* readAllRejected(
  source: RejectedRecordsSource,
  delimiter: string,
): AsyncGenerator<RejectedRecord[]> {
  const { database, importRecord } = source
  const read = (afterRow: number) => readRejectedRows(database, importRecord.id, { afterRow, limit: PAGE_ROWS })
  for (let rows = await read(0); rows.length > 0;) {
    // The database looks for the next page while this one is read and written.
    const next = read(rows.at(-1)?.rowNumber ?? 0)
    // Whoever waits for it below hears of its failure; until then it must not count as unheard.
    next.catch(() => undefined)
    yield await readRejectedRecords(source, delimiter, rows)
    rows = await next
  }
}
