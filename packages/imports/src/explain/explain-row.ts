import {
  COLUMN_KEYS,
  decodeRowError,
  MAX_COLUMN_POSITION,
  type Advice,
  type ColumnKey,
  type RowOutcome,
} from '@importer/contracts'
import { findRowRecord } from '@importer/db'

import {
  createErrorContext,
  explainCellError,
  type CellError,
  type ErrorContext,
} from '../rules/describe-cell-error.ts'
import { openDialect } from '../upload/find-dialect.ts'
import { createRecordMapper, prepareReading, type MappedRow } from '../rules/map-record.ts'
import { cellReaderOf } from '../rules/read-cell.ts'
import type { RejectedRecordsSource } from '../reports/rejected-records.ts'
import { requireKept } from '../reports/require-kept.ts'
import { createProcessedTest } from '../reports/unprocessed-records.ts'
import { findContext, type RowContext } from './find-context.ts'
import { findRecord, type FoundRecord } from './find-record.ts'

export interface ExplainedCell {
  readonly position: number
  /** In the header; null: there is none. */
  readonly name: string | null
  readonly key: ColumnKey | null
  readonly value: string
  /** How the importer reads it; null: not at all. */
  readonly read: string | null
}

export interface ExplainedRow {
  readonly rowNumber: number
  readonly line: number
  readonly outcome: RowOutcome
  readonly raw: string
  readonly cells: readonly ExplainedCell[]
  readonly errors: readonly (CellError & Advice)[]
  readonly context: RowContext
}

const MAX_RAW_BYTES = 64 * 1024
const MAX_VALUE_CHARACTERS = 10_000
const MAX_CELLS = MAX_COLUMN_POSITION + 1

/**
 * One data row, by its number or by a line of the file, whatever became of it: its cells as they stand there and as they
 * were read, its errors, and what stands in its way. Null where the file has no such row. Throws a FileMissingError.
 */
export async function explainRow(
  source: RejectedRecordsSource,
  place: { readonly rowNumber: number } | { readonly line: number },
): Promise<ExplainedRow | null> {
  const { importRecord, database } = source
  requireKept(importRecord)
  const { mapping, createdAt } = importRecord
  const dialect = await openDialect(source.store, importRecord)
  if (dialect === null) return null
  const { header } = dialect
  const record = await findRecord(source, dialect, place)
  if (record === null) return null
  const { rowNumber, line, cells } = record
  const stored = await findRowRecord(database, importRecord.id, rowNumber)
  const mapper = createRecordMapper(await prepareReading(mapping, createdAt.getTime(), header))
  const row = record.fault === null && mapper.map(cells) === null ? mapper.row : null
  const outcome = await findOutcome(source, record, stored, row)
  const errors = (stored.errors ?? []).map(decodeRowError)
  const context = createErrorContext(mapping, header)
  return {
    rowNumber,
    line,
    outcome,
    raw: await readRaw(source, record),
    cells: explainCells(record, context, row),
    errors: errors.map((error) => explainCellError(error, record, context)),
    context: await findContext(source, { rowNumber, outcome, errors, row }),
  }
}

async function findOutcome(
  source: RejectedRecordsSource,
  { rowNumber }: FoundRecord,
  { errors, isDuplicate }: { readonly errors: readonly number[] | null; readonly isDuplicate: boolean },
  row: Readonly<MappedRow> | null,
): Promise<RowOutcome> {
  if (errors !== null) return 'rejected'
  if (isDuplicate) return 'duplicate'
  const { importRecord } = source
  const isProcessed = importRecord.totalRows !== null || (await createProcessedTest(source))(rowNumber, row)
  if (!isProcessed) return 'unprocessed'
  return importRecord.status === 'reverted' ? 'reverted' : 'inserted'
}

/** The record's own text, without its line end; bytes that are no UTF-8 are shown as U+FFFD. */
async function readRaw({ store, importRecord }: RejectedRecordsSource, { start, end }: FoundRecord): Promise<string> {
  const chunks: Uint8Array[] = []
  const last = Math.min(end, start + MAX_RAW_BYTES) - 1
  for await (const chunk of store.read(importRecord.fileKey, { start, end: last })) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}

function explainCells(
  { cells, fault }: FoundRecord,
  { mapping: { positions }, header = [], isReport }: ErrorContext,
  row: Readonly<MappedRow> | null,
): ExplainedCell[] {
  const keys = new Map(COLUMN_KEYS.flatMap((key) => (positions[key] === undefined ? [] : [[positions[key], key]])))
  const width = Math.min(MAX_CELLS, fault === null ? Math.max(cells.length, header.length) : cells.length)
  return Array.from({ length: width }, (_, position) => {
    const key = fault === null ? (keys.get(position) ?? null) : null
    const value = cells[position] ?? ''
    return {
      position,
      name: header[position] ?? null,
      key,
      value: value.slice(0, MAX_VALUE_CHARACTERS),
      read: key === null ? null : showRead(cellReaderOf(key, isReport)(value), key, row),
    }
  })
}

/** What a cell means to the importer: of a row that could be mapped the value that is looked up or stored. */
function showRead(text: string, key: ColumnKey, row: Readonly<MappedRow> | null): string | null {
  if (text === '' || row === null) return null
  if (key === 'redeemedDateInMillis') return new Date(row.redeemedMs).toISOString()
  if (key === 'redeemedAt') return row.till
  if (key === row.customerKey) return row.customer
  if (key === row.couponKey) return row.coupon
  return text.slice(0, MAX_VALUE_CHARACTERS)
}
