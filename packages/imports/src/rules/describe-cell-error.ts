import {
  adviseOn,
  codeOf,
  describeRowError,
  ROW_RULES,
  type Advice,
  type ColumnKey,
  type ColumnMapping,
  type RowError,
  type RowErrorCode,
  type ValueContext,
} from '@importer/contracts'

import { isReportHeader, readShownCell } from './read-cell.ts'

/** What the messages of an import's row errors go by. */
export interface ErrorContext {
  readonly mapping: ColumnMapping
  /** The cells of the file's header, where it has one. */
  readonly header: readonly string[] | undefined
  /** Whether the file is an error report sent again. */
  readonly isReport: boolean
}

export function createErrorContext(mapping: ColumnMapping, header: readonly string[] | undefined): ErrorContext {
  return { mapping, header, isReport: isReportHeader(header) }
}

/** A record that has errors. */
export interface FaultyRecord {
  readonly rowNumber: number
  readonly cells: readonly string[]
}

export interface CellError {
  readonly code: RowErrorCode
  readonly number: number
  /** Null: the whole record is at fault. */
  readonly column: ColumnKey | null
  readonly value: string
  readonly message: string
}

/** A record that cannot be split is shown by its beginning. */
const MAX_VALUE_CHARACTERS = 1_000

/** The value that an error speaks of, as it stands in the file; of a whole record the first cell. Up to 1,000 characters. */
export function valueOf(error: RowError, cells: readonly string[], { mapping, isReport }: ErrorContext): string {
  const position = error.field === null ? 0 : mapping.positions[error.field]
  return position === undefined ? '' : readShownCell(cells[position] ?? '', isReport).slice(0, MAX_VALUE_CHARACTERS)
}

/** One error of a row, as lists and reports show it. */
export function describeCellError(error: RowError, record: FaultyRecord, context: ErrorContext): CellError {
  const value = valueOf(error, record.cells, context)
  const code = codeOf(error)
  const message = describeRowError(error, value, valueContextOf(record, context))
  return { code, number: ROW_RULES[code].number, column: error.field, value, message }
}

/** The same with why it happens and what to do about it. */
export function explainCellError(error: RowError, record: FaultyRecord, context: ErrorContext): CellError & Advice {
  const described = describeCellError(error, record, context)
  return { ...described, ...adviseOn(error, described.value, valueContextOf(record, context)) }
}

function valueContextOf({ rowNumber }: FaultyRecord, { mapping, header }: ErrorContext): ValueContext {
  return { ...mapping, isFirstRow: rowNumber === 1 && header === undefined }
}
