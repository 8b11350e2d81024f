import { codeOf, encodingsOf, type ColumnKey, type RowErrorCode } from '@importer/contracts'
import { findRejectedRows, readRejectedRows, type FoundRejectedRows, type RejectedRow } from '@importer/db'

import { copyText } from './cut-text.ts'
import {
  createErrorContext,
  describeCellError,
  type CellError,
  type ErrorContext,
} from '../rules/describe-cell-error.ts'
import { openDialect } from '../upload/find-dialect.ts'
import { readRejectedRecords, type RejectedRecord, type RejectedRecordsSource } from './rejected-records.ts'
import { requireKept } from './require-kept.ts'

export interface ListedRowError extends CellError {
  readonly rowNumber: number
  readonly line: number
}

export interface RowErrorPage {
  readonly items: readonly ListedRowError[]
  /** The last row of this page, where there is another one; null: this is the last. */
  readonly nextAfterRow: number | null
}

/** A page holds fewer rows than were asked for rather than more than this, in characters; but one row in any case. */
const MAX_PAGE_CHARACTERS = 512 * 1024

/** Rows that are read and do not have the value that was asked for: beyond these the next page goes on. */
const MAX_ROWS_READ = 20_000
const READ_ROWS = 1_000

export interface RowErrorFilter {
  readonly code?: RowErrorCode | undefined
  readonly column?: ColumnKey | undefined
  /** As an error gives it. */
  readonly value?: string | undefined
}

/**
 * The errors of up to `limit` rejected rows behind `afterRow`, in the order of the file, and of these rows the errors that
 * match the filter. Fewer where they are long, or where many rows had to be read to find one with the value. Throws a
 * FileMissingError.
 */
export async function listRowErrors(
  source: RejectedRecordsSource,
  page: { readonly afterRow: number; readonly limit: number; readonly filter?: RowErrorFilter },
): Promise<RowErrorPage> {
  const { importRecord } = source
  const { limit, filter = {} } = page
  requireKept(importRecord)
  const dialect = await openDialect(source.store, importRecord)
  if (dialect === null) return { items: [], nextAfterRow: null }
  const context = createErrorContext(importRecord.mapping, dialect.header)
  const withAnyOf = filter.code === undefined && filter.column === undefined ? undefined : encodingsOf(filter)
  const items: ListedRowError[] = []
  let { afterRow } = page
  let rowsListed = 0
  let characters = 0
  for (let rowsRead = 0; rowsRead < MAX_ROWS_READ;) {
    // Without a value every row that is read is listed.
    const wanted = filter.value === undefined ? limit - rowsListed : READ_ROWS
    const { rows, nextAfterRow } = await findRows(source, { afterRow, limit: wanted }, withAnyOf)
    for await (const records of readRejectedRecords(source, dialect, inOnePage(rows))) {
      for (const record of records) {
        const errors = describeErrors(record, context, filter)
        items.push(...errors)
        rowsListed += errors.length > 0 ? 1 : 0
        characters += errors.reduce((sum, { value, message }) => sum + value.length + message.length, 0)
        const isLast = record.rowNumber === rows.at(-1)?.rowNumber && nextAfterRow === null
        if ((characters >= MAX_PAGE_CHARACTERS || rowsListed >= limit) && !isLast) {
          return { items, nextAfterRow: record.rowNumber }
        }
      }
    }
    if (nextAfterRow === null) return { items, nextAfterRow }
    afterRow = nextAfterRow
    // That few were found says that many were looked through.
    rowsRead += rows.length < wanted ? MAX_ROWS_READ : rows.length
  }
  return { items, nextAfterRow: afterRow }
}

function describeErrors(record: RejectedRecord, context: ErrorContext, filter: RowErrorFilter): ListedRowError[] {
  const { rowNumber, line } = record
  return record.errors.flatMap((error) => {
    if ((filter.code ?? codeOf(error)) !== codeOf(error) || (filter.column ?? error.field) !== error.field) return []
    const described = describeCellError(error, record, context)
    if ((filter.value ?? described.value) !== described.value) return []
    return [{ rowNumber, line, ...described, value: copyText(described.value) }]
  })
}

async function findRows(
  { database, importRecord }: RejectedRecordsSource,
  page: { readonly afterRow: number; readonly limit: number },
  withAnyOf: readonly number[] | undefined,
): Promise<FoundRejectedRows> {
  if (withAnyOf !== undefined) return findRejectedRows(database, importRecord.id, { ...page, withAnyOf })
  const found = await readRejectedRows(database, importRecord.id, { ...page, limit: page.limit + 1 })
  const rows = found.slice(0, page.limit)
  return { rows, nextAfterRow: found.length > rows.length ? (rows.at(-1)?.rowNumber ?? null) : null }
}

async function* inOnePage(rows: readonly RejectedRow[]): AsyncGenerator<readonly RejectedRow[]> {
  if (rows.length > 0) yield rows
}
