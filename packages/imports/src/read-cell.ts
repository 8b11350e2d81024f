import { unguardFormula } from '@importer/csv'

/** A mapped cell as rows are read: without surrounding spaces, and without each `'` that a report puts before formulas. */
export function readCell(cell: string): string {
  const text = cell.trim()
  // What an apostrophe guarded was trimmed in the file that the report was made of, too.
  return text.includes("'") ? unguardFormula(text).trim() : text
}
