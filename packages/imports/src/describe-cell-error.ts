import { describeRowError, type ColumnMapping, type RowError } from '@importer/contracts'

import { readCell } from './read-cell.ts'

/** What the messages of an import's row errors go by. */
export interface ErrorContext {
  readonly mapping: ColumnMapping
  /** The cells of the file's header, where it has one. */
  readonly header: readonly string[] | undefined
}

/** The value that an error speaks of, as it stands in the file; of a whole record the first cell. */
export function valueOf(error: RowError, cells: readonly string[], { positions }: ColumnMapping): string {
  const position = error.field === null ? 0 : positions[error.field]
  return position === undefined ? '' : readCell(cells[position] ?? '')
}

/** The sentence for one error of a row. */
export function describeCellError(
  error: RowError,
  cells: readonly string[],
  rowNumber: number,
  { mapping, header }: ErrorContext,
): string {
  const value = error.field === null ? '' : valueOf(error, cells, mapping)
  return describeRowError(error, value, { ...mapping, isFirstRow: rowNumber === 1 && header === undefined })
}
