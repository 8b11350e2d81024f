import { unguardFormula } from '@importer/csv'

const APOSTROPHE = 39

/** A mapped cell as rows are read: without surrounding spaces, and without the `'` that a report puts before formulas. */
export function readCell(cell: string): string {
  const text = cell.trim()
  // What the apostrophe guarded was trimmed in the file that the report was made of, too.
  return text.charCodeAt(0) === APOSTROPHE ? unguardFormula(text).trim() : text
}
