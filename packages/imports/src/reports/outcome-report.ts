import type { Readable } from 'node:stream'

import { COLUMN_KEYS, MAX_COLUMN_POSITION, type ColumnPositions, type RowError } from '@importer/contracts'
import { readRecords, writeCsvRow } from '@importer/csv'
import { readRowNumbers, type Database, type ImportRecord, type ReadingDialect } from '@importer/db'
import { writeWorkbook } from '@importer/workbook'
import type { FileStore } from '@importer/file-store'
import { TimeSlice } from '@importer/runtime'

import { cutText } from './cut-text.ts'
import { createErrorContext, describeCellError, type ErrorContext } from '../rules/describe-cell-error.ts'
import { readDryInserted } from './dry-inserted-records.ts'
import { dialectOf, findDialect, readHeader, type OpenedDialect } from '../upload/find-dialect.ts'
import { findReportColumns, REPORT_COLUMNS } from '../rules/read-cell.ts'
import { readAllRejected } from './rejected-records.ts'
import { createCellWriter, type CellWriter, type ReportForm } from './report-cells.ts'
import { requireKept } from './require-kept.ts'
import { readUnprocessedRecords } from './unprocessed-records.ts'

export type Outcome = 'rejected' | 'inserted' | 'duplicate' | 'unprocessed'

export interface OutcomeReportOptions {
  readonly database: Database
  readonly store: FileStore
  readonly importRecord: ImportRecord
  readonly outcome: Outcome
  readonly form: ReportForm
  /** A comma unless given. */
  readonly delimiter?: string | undefined
  /** Aborted when nobody waits for the report any more. */
  readonly signal?: AbortSignal | undefined
}

const PAGE_ROWS = 5_000
const CHUNK_CHARACTERS = 64 * 1024
const ERROR_SEPARATOR = '; '
/**
 * One record, or one header, of a million commas must not make every row of a report as wide: a file of 1 MB would have
 * a report of 2 GB. No more can be mapped than the first; the second leaves a header as wide as people make them.
 */
const MAX_WIDTH = MAX_COLUMN_POSITION + 1
const MAX_NAMED_WIDTH = 4 * MAX_WIDTH

const BYTE_ORDER_MARK = '\ufeff'

/**
 * The rows of an import that had one outcome, as CSV (LF, UTF-8), in chunks of text: the file's own columns in their order
 * (at most 4,096), then `rowNumber` and `line`, and for rejected rows `errorCode`, `errorNumber` and `errorMessage`. For a
 * spreadsheet it begins with a byte order mark.
 *
 * Made of the stored upload and what the database says of its rows, so its memory does not grow with either. Throws a
 * FileMissingError when the upload is gone.
 */
export async function* streamOutcomeReport(options: OutcomeReportOptions): AsyncGenerator<string> {
  const format = { delimiter: options.delimiter ?? ',' }
  const slice = new TimeSlice()
  let chunk = options.form === 'spreadsheet' ? BYTE_ORDER_MARK : ''
  let isHeader = true
  for await (const page of readOutcomeTable(options)) {
    await slice.yieldIfOver(options.signal)
    for (const cells of page) {
      const row = writeCsvRow(cells, format)
      // A row may have 1 MiB: what is sent in pieces is copied in pieces.
      if (row.length > CHUNK_CHARACTERS && chunk !== '') {
        yield chunk
        chunk = ''
      }
      chunk += row
      // The header at once: the first row may be far in the file.
      if (chunk.length < CHUNK_CHARACTERS && !isHeader) continue
      isHeader = false
      for (const piece of cutText(chunk, CHUNK_CHARACTERS)) {
        yield piece
        await slice.yieldIfOver(options.signal)
      }
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}

/** What one sheet of a workbook holds beside its header. */
export const MAX_WORKBOOK_ROWS = 1_000_000

/** The rejected rows of an import as an .xlsx file in which every cell is text: the same table as the CSV. */
export async function streamErrorWorkbook(
  options: Omit<OutcomeReportOptions, 'outcome' | 'form' | 'delimiter'>,
): Promise<Readable> {
  const table = readOutcomeTable({ ...options, outcome: 'rejected', form: 'workbook' })
  const first = await table.next()
  const [header = []] = first.done === true ? [] : first.value
  return writeWorkbook('rejected', header, inSlices(table, options.signal))
}

const ROWS_OF_A_SLICE = 20

/** The same rows, few at a time: between them all else that waits goes first. */
async function* inSlices(
  table: AsyncIterable<Iterable<readonly string[]>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly (readonly string[])[]> {
  const slice = new TimeSlice()
  for await (const page of table) {
    let rows: (readonly string[])[] = []
    for (const row of page) {
      if (rows.push(row) < ROWS_OF_A_SLICE) continue
      yield rows
      rows = []
      await slice.yieldIfOver(signal)
    }
    yield rows
  }
}

/**
 * The table that every form of a report shows: a page of the header alone, then the rows, their cells written as the form
 * wants them. Where the file ends with a report's own columns they give way to those of this one. A row is
 * made when it is asked for: a page of short rows under a wide header would be a hundred times its size.
 */
async function* readOutcomeTable(options: OutcomeReportOptions): AsyncGenerator<Iterable<readonly string[]>> {
  const { importRecord } = options
  const { columnCount } = importRecord
  requireKept(importRecord)
  const dialect = await findReportDialect(options)
  if (dialect === null) return
  const own = await readHeader(options.store, importRecord.fileKey, dialect)
  const { mapping } = importRecord
  const sentAgain = findOwnColumns(own, mapping.positions)
  const names = own?.slice(0, sentAgain) ?? []
  const header = nameColumns(names, mapping.positions, own === undefined ? columnCount : 0)
  const width = sentAgain === undefined ? Math.max(header.length, Math.min(columnCount, MAX_WIDTH)) : header.length
  const ownColumns = options.outcome === 'rejected' ? REPORT_COLUMNS : REPORT_COLUMNS.slice(0, 2)
  const context = createErrorContext(mapping, own)
  const write = createCellWriter(mapping, findReportColumns(own) !== null, options.form)
  yield [[...fitTo(header, width), ...ownColumns].map((name) => write(name, -1))]
  for await (const page of READERS[options.outcome](options, {
    ...dialect,
    header: own,
    recordsAreLines: mapping.isWorkbook === true,
  })) {
    yield toTable(page, width, context, write)
  }
}

/** Where the columns of an earlier report begin that this one replaces; undefined: nowhere, or somebody has mapped them. */
function findOwnColumns(own: readonly string[] | undefined, positions: ColumnPositions): number | undefined {
  const start = findReportColumns(own)
  return start === null || Object.values(positions).some((position) => position >= start) ? undefined : start
}

function* toTable(
  page: readonly ReportedRow[],
  width: number,
  context: ErrorContext,
  write: CellWriter,
): Generator<readonly string[], void, undefined> {
  for (const row of page) {
    const { cells, rowNumber, line, errors } = row
    const written: string[] = []
    // Under a wide header most cells of a short row are empty: they cost nothing but their place.
    for (let position = 0; position < width; position += 1) {
      const cell = cells[position] ?? ''
      written.push(cell === '' ? '' : write(cell, position))
    }
    const described = errors === null ? [] : describeErrors(errors, row, context)
    for (const own of [`${rowNumber}`, `${line}`, ...described]) written.push(write(own, -1))
    yield written
  }
}

const READERS: Record<
  Outcome,
  (options: OutcomeReportOptions, dialect: OpenedDialect) => AsyncIterable<readonly ReportedRow[]>
> = {
  // Rejected rows are stored with the place of their record.
  rejected: readAllRejected,
  inserted: (options, dialect) =>
    options.importRecord.dryRun ? withoutErrors(readDryInserted(options, dialect)) : readByNumber(options, dialect),
  duplicate: readByNumber,
  unprocessed: (options, dialect) => withoutErrors(readUnprocessedRecords(options, dialect)),
}

interface ReportedRow {
  readonly cells: readonly string[]
  readonly rowNumber: number
  readonly line: number
  readonly errors: readonly RowError[] | null
}

/**
 * How the file is read; null where there is nothing to report. Of an import that never began everything is unprocessed,
 * and nobody has looked at its file yet.
 */
async function findReportDialect({
  store,
  importRecord,
  outcome,
}: OutcomeReportOptions): Promise<ReadingDialect | null> {
  const { fileKey, mapping, toPrepare } = importRecord
  // Of a workbook that could not be read.
  if (toPrepare) return null
  const known = dialectOf(importRecord)
  if (known !== null) return known
  if (outcome !== 'unprocessed') return null
  const found = await findDialect(store, fileKey, mapping)
  return found.ok ? found : null
}

/**
 * The file's own names, as far as it has any, then the mapped keys at their positions and other columns by their number:
 * a mapped column must have a place of its own, or the report uploaded again would give it the report's columns.
 */
function nameColumns(own: readonly string[], positions: ColumnPositions, columnCount: number): string[] {
  const mapped: string[] = []
  for (const key of COLUMN_KEYS) {
    const position = positions[key]
    if (position !== undefined) mapped[position] = key
  }
  const length = Math.max(Math.min(own.length, MAX_NAMED_WIDTH), mapped.length, Math.min(columnCount, MAX_WIDTH))
  return Array.from({ length }, (_, i) => own[i] ?? mapped[i] ?? `column${i + 1}`)
}

/** As many cells as the report has columns of the file. */
function fitTo(cells: readonly string[], width: number): readonly string[] {
  if (cells.length === width) return cells
  if (cells.length > width) return cells.slice(0, width)
  return [...cells, ...Array.from({ length: width - cells.length }, () => '')]
}

/** `errorCode`, `errorNumber` and `errorMessage`; of several errors each cell holds all, joined in the same order. */
function describeErrors(errors: readonly RowError[], row: ReportedRow, context: ErrorContext): string[] {
  const described = errors.map((error) => describeCellError(error, row, context))
  return [
    described.map(({ code }) => code).join(ERROR_SEPARATOR),
    described.map(({ number }) => number).join(ERROR_SEPARATOR),
    described.map(({ message }) => message).join(ERROR_SEPARATOR),
  ]
}

/** Of other rows only the number is stored: the file is read from its beginning. */
async function* readByNumber(
  options: OutcomeReportOptions,
  { delimiter, start, header, recordsAreLines }: OpenedDialect,
): AsyncGenerator<ReportedRow[]> {
  const pages = readNumberPages(options)
  let page = await pages.next()
  let index = 0
  let rowNumber = 1
  const reading = { delimiter, from: start, header, recordsAreLines }
  const { store, importRecord } = options
  const bytes = store.read(importRecord.fileKey, { start: start.byteOffset }) as AsyncIterable<Uint8Array>
  for await (const { cells: records, lines } of readRecords(bytes, reading)) {
    const found: ReportedRow[] = []
    for (let i = 0; i < records.length && page.done !== true; i += 1) {
      if (page.value[index] === rowNumber) {
        found.push({ cells: records[i] ?? [], rowNumber, line: lines[i] ?? 0, errors: null })
        index += 1
        if (index === page.value.length) {
          page = await pages.next()
          index = 0
        }
      }
      rowNumber += 1
    }
    yield found
    if (page.done === true) return
  }
}

async function* withoutErrors(
  pages: AsyncIterable<readonly Omit<ReportedRow, 'errors'>[]>,
): AsyncGenerator<readonly ReportedRow[]> {
  for await (const page of pages) yield page.map((record) => ({ ...record, errors: null }))
}

async function* readNumberPages({
  database,
  importRecord,
  outcome,
}: OutcomeReportOptions): AsyncGenerator<readonly number[]> {
  const stored = outcome === 'inserted' ? 'inserted' : 'duplicate'
  for (let afterRow = 0; ;) {
    const page = await readRowNumbers(database, importRecord.id, stored, { afterRow, limit: PAGE_ROWS })
    if (page.length === 0) return
    yield page
    afterRow = page.at(-1) ?? afterRow
  }
}
