import { decodeRowError, type RowError } from '@importer/contracts'
import { readRecords } from '@importer/csv'
import { readRejectedRows, type Database, type ImportRecord, type RejectedRow } from '@importer/db'
import type { FileStore } from '@importer/file-store'
import { TimeSlice } from '@importer/runtime'

import { ByteTrail } from './byte-trail.ts'

export interface RejectedRecordsSource {
  readonly database: Database
  readonly store: FileStore
  readonly importRecord: ImportRecord
  /** Aborted when nobody waits for the records any more. */
  readonly signal?: AbortSignal | undefined
}

/** What tells records apart, and which of them carry a row. */
export interface RecordDialect {
  readonly delimiter: string
  /** The cells of the file's header, where it has one. */
  readonly header: readonly string[] | undefined
  readonly recordsAreLines?: boolean | undefined
}

export interface RejectedRecord {
  readonly rowNumber: number
  readonly line: number
  readonly cells: readonly string[]
  readonly errors: readonly RowError[]
  /** The record could not be split: its only cell is its text. */
  readonly malformed: boolean
  /** Its bytes as they stand in the file, line end included; good until the next records are asked for. */
  copyBytes(): Uint8Array
}

/** Farther apart than this, the next record is opened anew rather than read up to. */
const MAX_GAP_BYTES = 1024 * 1024

/**
 * The records of some rejected rows, which must be in row order: the stored text is read beside them, in one go from the
 * first to the last but for long gaps. What is held at a time is a block of the file (128 KiB and one record), whatever
 * the records are and however many.
 */
export async function* readRejectedRecords(
  { store, importRecord, signal }: RejectedRecordsSource,
  { delimiter, header, recordsAreLines }: RecordDialect,
  pages: AsyncIterable<readonly RejectedRow[]>,
): AsyncGenerator<RejectedRecord[]> {
  const rows = new RowCursor(pages)
  const slice = new TimeSlice()
  for (let first = await rows.peek(); first !== undefined; first = await rows.peek()) {
    const from = { byteOffset: first.byteOffset, line: first.line }
    let rowNumber = first.rowNumber
    let isFar = false
    const trail = new ByteTrail(from.byteOffset)
    const bytes = trail.follow(store.read(importRecord.fileKey, { start: from.byteOffset }))
    for await (const { cells, faults, offsets, endOffset } of readRecords(bytes, {
      delimiter,
      header,
      from,
      recordsAreLines,
    })) {
      const found: RejectedRecord[] = []
      for (let i = 0; i < cells.length; i += 1, rowNumber += 1) {
        const peeked = rows.peek()
        const row = peeked instanceof Promise ? await peeked : peeked
        if (row === undefined) break
        if (row.rowNumber !== rowNumber) continue
        rows.skip()
        found.push({
          rowNumber,
          line: row.line,
          cells: cells[i] ?? [],
          errors: decodeErrors(row.errors),
          malformed: faults.has(i),
          copyBytes: () => trail.copy(offsets[i] ?? 0, offsets[i + 1] ?? endOffset),
        })
      }
      if (found.length > 0) yield found
      trail.release(endOffset)
      const next = await rows.peek()
      isFar = next === undefined || next.byteOffset - endOffset > MAX_GAP_BYTES
      if (isFar) break
      await slice.yieldIfOver(signal)
    }
    if (!isFar) {
      const missing = (await rows.peek())?.rowNumber
      throw new Error(`the stored file of import ${importRecord.id} ends before row ${missing}`)
    }
  }
}

const PAGE_ROWS = 5_000

/** Rows share their errors as they come in a page: each is decoded once. */
const decoded = new WeakMap<readonly number[], readonly RowError[]>()

function decodeErrors(errors: readonly number[]): readonly RowError[] {
  const known = decoded.get(errors) ?? errors.map(decodeRowError)
  decoded.set(errors, known)
  return known
}

/** All rejected rows of an import, a block of the file at a time. */
export function readAllRejected(
  source: RejectedRecordsSource,
  dialect: RecordDialect,
): AsyncGenerator<RejectedRecord[]> {
  return readRejectedRecords(source, dialect, readAllRows(source))
}

async function* readAllRows({ database, importRecord }: RejectedRecordsSource): AsyncGenerator<RejectedRow[]> {
  const read = (afterRow: number) => readRejectedRows(database, importRecord.id, { afterRow, limit: PAGE_ROWS })
  for (let rows = await read(0); rows.length > 0;) {
    // The database looks for the next page while this one is read and written.
    const next = read(rows.at(-1)?.rowNumber ?? 0)
    // Whoever waits for it below hears of its failure; until then it must not count as unheard.
    next.catch(() => undefined)
    yield rows
    rows = await next
  }
}

/** Rows one by one out of pages. */
class RowCursor {
  readonly #pages: AsyncIterator<readonly RejectedRow[]>
  #page: readonly RejectedRow[] = []
  #index = 0
  #done = false

  constructor(pages: AsyncIterable<readonly RejectedRow[]>) {
    this.#pages = pages[Symbol.asyncIterator]()
  }

  /** The next row, or a promise of it where its page is not here yet; undefined: there are no more. */
  peek(): RejectedRow | undefined | Promise<RejectedRow | undefined> {
    return this.#page[this.#index] ?? (this.#done ? undefined : this.#load())
  }

  skip(): void {
    this.#index += 1
  }

  async #load(): Promise<RejectedRow | undefined> {
    const next = await this.#pages.next()
    if (next.done === true) this.#done = true
    this.#page = next.done === true ? [] : next.value
    this.#index = 0
    return this.#page[0]
  }
}
