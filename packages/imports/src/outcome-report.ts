import {
  COLUMN_KEYS,
  codeOf,
  decodeRowError,
  describeRowError,
  ROW_ERROR_CODES,
  type ColumnPositions,
  type RowError,
} from '@importer/contracts'
import { readRecords, writeCsvRow } from '@importer/csv'
import {
  readDuplicateRowNumbers,
  readInsertedRowNumbers,
  readRejectedRows,
  type Database,
  type ImportRecord,
  type RejectedRow,
} from '@importer/db'
import type { FileStore } from '@importer/runtime'

import { readCell } from './read-cell.ts'

export type Outcome = 'rejected' | 'inserted' | 'duplicate'

export interface OutcomeReportOptions {
  readonly database: Database
  readonly store: FileStore
  readonly importRecord: ImportRecord
  readonly outcome: Outcome
  /** Leaves cells that a spreadsheet would run as a formula as they are. */
  readonly raw: boolean
}

const PAGE_ROWS = 5_000
const CHUNK_CHARACTERS = 64 * 1024
const ERROR_SEPARATOR = '; '

/**
 * The rows of an import that had one outcome, as CSV (comma, LF, UTF-8), in chunks of text: the file's own columns in
 * their order, then `rowNumber` and `line`, and for rejected rows `errorCode`, `errorNumber` and `errorMessage`.
 *
 * Made of the stored upload and what the database says of its rows, so its memory does not grow with either. Throws a
 * FileMissingError when the upload is gone.
 */
export async function* streamOutcomeReport(options: OutcomeReportOptions): AsyncGenerator<string> {
  const { importRecord, raw } = options
  const { delimiter, hasHeader, columnCount } = importRecord
  if (delimiter === null || hasHeader === null) return
  const header = hasHeader
    ? await readHeader(options, delimiter)
    : nameColumns(importRecord.mapping.positions, columnCount)
  const width = Math.max(header.length, columnCount)
  const ownColumns = options.outcome === 'rejected' ? ['errorCode', 'errorNumber', 'errorMessage'] : []
  const format = { guardFormulas: !raw }

  let chunk = writeCsvRow([...padTo(header, width), 'rowNumber', 'line', ...ownColumns], format)
  const rows = options.outcome === 'rejected' ? readRejected(options, delimiter) : readByNumber(options, delimiter)
  for await (const { cells, rowNumber, line, errors } of rows) {
    chunk += writeCsvRow(
      [
        ...padTo(cells, width),
        `${rowNumber}`,
        `${line}`,
        ...(errors === null ? [] : describeErrors(errors, cells, importRecord.mapping.positions)),
      ],
      format,
    )
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk
      chunk = ''
    }
  }
  yield chunk
}

interface ReportedRow {
  readonly cells: readonly string[]
  readonly rowNumber: number
  readonly line: number
  readonly errors: readonly RowError[] | null
}

/** The names in the file's own first record. */
async function readHeader(options: OutcomeReportOptions, delimiter: string): Promise<readonly string[]> {
  for await (const { cells } of readRecords(openFrom(options, 0), { delimiter })) return cells[0] ?? []
  return []
}

/** For a file without a header: the mapped keys at their positions, the other columns by their number. */
function nameColumns(positions: ColumnPositions, columnCount: number): string[] {
  const names: string[] = []
  for (const key of COLUMN_KEYS) {
    const position = positions[key]
    if (position !== undefined) names[position] = key
  }
  return Array.from({ length: Math.max(names.length, columnCount) }, (_, i) => names[i] ?? `column${i + 1}`)
}

function padTo(cells: readonly string[], width: number): readonly string[] {
  return cells.length >= width ? cells : [...cells, ...Array.from({ length: width - cells.length }, () => '')]
}

/** `errorCode`, `errorNumber` and `errorMessage`; of several errors each cell holds all, joined in the same order. */
function describeErrors(errors: readonly RowError[], cells: readonly string[], positions: ColumnPositions): string[] {
  const join = (texts: (string | number)[]): string => texts.join(ERROR_SEPARATOR)
  return [
    join(errors.map(codeOf)),
    join(errors.map((error) => ROW_ERROR_CODES[codeOf(error)].number)),
    join(
      errors.map((error) => {
        const position = error.field === null ? undefined : positions[error.field]
        return describeRowError(error, position === undefined ? '' : readCell(cells[position] ?? ''))
      }),
    ),
  ]
}

/** Rejected rows are stored with the place of their record: each page is read from its first one on. */
async function* readRejected(options: OutcomeReportOptions, delimiter: string): AsyncGenerator<ReportedRow> {
  const { database, importRecord } = options
  for (let afterRow = 0; ;) {
    const page = await readRejectedRows(database, importRecord.id, { afterRow, limit: PAGE_ROWS })
    const [first] = page
    if (first === undefined) return
    yield* readPage(options, delimiter, page, first)
    afterRow = page.at(-1)?.rowNumber ?? afterRow
  }
}

async function* readPage(
  options: OutcomeReportOptions,
  delimiter: string,
  page: readonly RejectedRow[],
  first: RejectedRow,
): AsyncGenerator<ReportedRow> {
  const from = { byteOffset: first.byteOffset, line: first.line }
  let rowNumber = first.rowNumber
  let index = 0
  for await (const block of readRecords(openFrom(options, from.byteOffset), { delimiter, from })) {
    for (const cells of block.cells) {
      const wanted = page[index]
      if (wanted === undefined) return
      if (wanted.rowNumber === rowNumber) {
        yield { cells, rowNumber, line: wanted.line, errors: wanted.errors.map(decodeRowError) }
        index += 1
      }
      rowNumber += 1
    }
  }
  if (index < page.length)
    throw new Error(`the stored file of import ${options.importRecord.id} ends before row ${page[index]?.rowNumber}`)
}

/** Of other rows only the number is stored: the file is read from its beginning. */
async function* readByNumber(options: OutcomeReportOptions, delimiter: string): AsyncGenerator<ReportedRow> {
  const numbers = readRowNumbers(options)
  let wanted = await numbers.next()
  let rowNumber = options.importRecord.hasHeader === true ? 0 : 1
  for await (const { cells: records, lines } of readRecords(openFrom(options, 0), { delimiter })) {
    for (let i = 0; i < records.length; i += 1) {
      if (wanted.done === true) return
      if (wanted.value === rowNumber) {
        yield { cells: records[i] ?? [], rowNumber, line: lines[i] ?? 0, errors: null }
        wanted = await numbers.next()
      }
      rowNumber += 1
    }
  }
}

async function* readRowNumbers({ database, importRecord, outcome }: OutcomeReportOptions): AsyncGenerator<number> {
  const read = outcome === 'inserted' ? readInsertedRowNumbers : readDuplicateRowNumbers
  for (let afterRow = 0; ;) {
    const page = await read(database, importRecord.id, { afterRow, limit: PAGE_ROWS })
    if (page.length === 0) return
    yield* page
    afterRow = page.at(-1) ?? afterRow
  }
}

function openFrom({ store, importRecord }: OutcomeReportOptions, start: number): AsyncIterable<Uint8Array> {
  return store.read(importRecord.fileKey, { start })
}
