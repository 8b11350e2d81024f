/** What makes a spreadsheet run a cell as a formula. */
const FORMULA_START = /^[=+\-@\t\r]/
const GUARDED_FORMULA_START = /^'[=+\-@\t\r]/

/** Puts a `'` before a cell that a spreadsheet would run as a formula. */
export function guardFormula(cell: string): string {
  return FORMULA_START.test(cell) ? `'${cell}` : cell
}

/** Drops the `'` before what would be a formula without it: the reverse of {@link guardFormula}. */
export function unguardFormula(cell: string): string {
  return GUARDED_FORMULA_START.test(cell) ? cell.slice(1) : cell
}
