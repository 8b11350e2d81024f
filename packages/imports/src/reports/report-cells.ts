import { COLUMN_KEYS, type ColumnMapping } from '@importer/contracts'
import { escapeGuards, guardForSpreadsheet, guardFormula, trimCell } from '@importer/csv'

import { cellReaderOf } from '../rules/read-cell.ts'

/**
 * What a report is for. `raw`: cells as they are. `program`: nothing that a spreadsheet would run as a formula.
 * `spreadsheet`: nothing that a spreadsheet would change, either. `workbook`: cells that are text in any case.
 */
export type ReportForm = 'raw' | 'program' | 'spreadsheet' | 'workbook'

const GUARDS: Readonly<Record<ReportForm, (cell: string) => string>> = {
  raw: (cell) => cell,
  program: guardFormula,
  spreadsheet: guardForSpreadsheet,
  workbook: (cell) => cell,
}

/** Writes a cell of the column at a position, for a report of a form. */
export type CellWriter = (cell: string, position: number) => string

/**
 * Makes a function that writes cells so that the report, uploaded again, says what the file said: a mapped cell whose own
 * `'` would be taken for one of the report's gets another. `isReport`: the file is itself a report that was sent again.
 */
export function createCellWriter({ positions }: ColumnMapping, isReport: boolean, form: ReportForm): CellWriter {
  const guard = GUARDS[form]
  if (form === 'raw') return guard
  const readers = new Map(
    COLUMN_KEYS.flatMap((key) => {
      const position = positions[key]
      const read = { before: cellReaderOf(key, isReport), after: cellReaderOf(key, true) }
      return position === undefined ? [] : [[position, read] as const]
    }),
  )
  return (cell, position) => {
    const written = guard(cell)
    // Without a ' nothing is dropped on the way in.
    if (!cell.includes("'")) return written
    const reader = readers.get(position)
    if (reader === undefined || reader.after(written) === reader.before(cell)) return written
    // What reading trims must not stand before the ' that is to be kept.
    return guard(escapeGuards(trimCell(cell)))
  }
}
