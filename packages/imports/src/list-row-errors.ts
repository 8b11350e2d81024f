import { codeOf, describeRowError, ROW_ERROR_CODES, type ColumnKey, type RowErrorCode } from '@importer/contracts'
import { readRejectedRows } from '@importer/db'

import { readCell } from './read-cell.ts'
import { readRejectedRecords, type RejectedRecordsSource } from './rejected-records.ts'
import { requireKept } from './require-kept.ts'

export interface ListedRowError {
  readonly rowNumber: number
  readonly line: number
  /** Null: the whole record is at fault. */
  readonly column: ColumnKey | null
  readonly value: string
  readonly code: RowErrorCode
  readonly number: number
  readonly message: string
}

export interface RowErrorPage {
  readonly items: readonly ListedRowError[]
  /** The last row of this page, where there is another one; null: this is the last. */
  readonly nextAfterRow: number | null
}

/** A record that cannot be split is told by its beginning. */
const MAX_VALUE_CHARACTERS = 1_000

/** The errors of up to `limit` rejected rows behind `afterRow`, in the order of the file. Throws a FileMissingError. */
export async function listRowErrors(
  source: RejectedRecordsSource,
  page: { readonly afterRow: number; readonly limit: number },
): Promise<RowErrorPage> {
  const { database, importRecord } = source
  const { delimiter, mapping } = importRecord
  requireKept(importRecord)
  if (delimiter === null) return { items: [], nextAfterRow: null }
  const found = await readRejectedRows(database, importRecord.id, { afterRow: page.afterRow, limit: page.limit + 1 })
  const rows = found.slice(0, page.limit)
  const items: ListedRowError[] = []
  for (const { rowNumber, line, cells, errors } of await readRejectedRecords(source, delimiter, rows)) {
    for (const error of errors) {
      const position = error.field === null ? 0 : mapping.positions[error.field]
      const value = position === undefined ? '' : readCell(cells[position] ?? '')
      const code = codeOf(error)
      items.push({
        rowNumber,
        line,
        column: error.field,
        value: value.slice(0, MAX_VALUE_CHARACTERS),
        code,
        number: ROW_ERROR_CODES[code].number,
        message: describeRowError(error, error.field === null ? '' : value),
      })
    }
  }
  return { items, nextAfterRow: found.length > rows.length ? (rows.at(-1)?.rowNumber ?? null) : null }
}
