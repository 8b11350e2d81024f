import { codeOf, describeRowError, ROW_ERROR_CODES, type ColumnKey, type RowErrorCode } from '@importer/contracts'
import { readRejectedRows, type RejectedRow } from '@importer/db'

import { copyText } from './copy-text.ts'
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

/** A page holds fewer rows than were asked for rather than more than this, in characters; but one row in any case. */
const MAX_PAGE_CHARACTERS = 512 * 1024

/**
 * The errors of up to `limit` rejected rows behind `afterRow`, in the order of the file; of fewer where they are long.
 * Throws a FileMissingError.
 */
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
  const hasMore = found.length > rows.length
  const items: ListedRowError[] = []
  let characters = 0
  for await (const records of readRejectedRecords(source, { delimiter }, inOnePage(rows))) {
    for (const { rowNumber, line, cells, errors } of records) {
      for (const error of errors) {
        const position = error.field === null ? 0 : mapping.positions[error.field]
        const value = position === undefined ? '' : readCell(cells[position] ?? '')
        const code = codeOf(error)
        const shown = copyText(value.slice(0, MAX_VALUE_CHARACTERS))
        const message = describeRowError(error, error.field === null ? '' : value)
        items.push({
          rowNumber,
          line,
          column: error.field,
          value: shown,
          code,
          number: ROW_ERROR_CODES[code].number,
          message,
        })
        characters += shown.length + message.length
      }
      const isLast = rowNumber === rows.at(-1)?.rowNumber
      if (characters >= MAX_PAGE_CHARACTERS && !(isLast && !hasMore)) return { items, nextAfterRow: rowNumber }
    }
  }
  return { items, nextAfterRow: hasMore ? (rows.at(-1)?.rowNumber ?? null) : null }
}

async function* inOnePage(rows: readonly RejectedRow[]): AsyncGenerator<readonly RejectedRow[]> {
  if (rows.length > 0) yield rows
}
