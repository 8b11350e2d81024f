import { looksConvertible } from './spreadsheet-look.ts'

/**
 * A spreadsheet runs a cell as a formula that begins with one of these, also in their full-width form. Where it splits a
 * file at another delimiter than the file's own, or at a line end, what stands behind `;`, a tab or a line end begins a
 * cell too; and blanks and characters that cannot be seen before the sign do not keep it from doing so.
 */
const SIGN = '[=+\\-@\uff1d\uff0b\uff0d\uff20]'
const UNSEEN = '[\\p{Cf}\\p{Zs}\\p{Zl}\\p{Zp}\\0-\\x08\\v\\f\\x0e-\\x1f\\x7f]*'
const HAS_SIGN = /[=+\-@\uff1d\uff0b\uff0d\uff20]/

const TO_GUARD = new RegExp(`(^|[;\\t\\r\\n])(?=${UNSEEN}${SIGN})`, 'gu')
const TO_ESCAPE = new RegExp(`([;\\t\\r\\n])(?='+${UNSEEN}${SIGN})`, 'gu')
const GUARDED = new RegExp(`([;\\t\\r\\n])'(?='*${UNSEEN}${SIGN})`, 'gu')
const BEGINS_WITH_SIGN = new RegExp(`^${UNSEEN}(?:${SIGN}|\\p{Nd})`, 'u')

/** Some spreadsheets drop a tab or a carriage return at a cell's start, and then look again. */
const BEGINS_WITH_BREAK = /^[\t\r]/
const APOSTROPHES = /^'+/

/** Puts a `'` before everything in a cell that a spreadsheet would run as a formula; not where one stands already. */
export function guardFormula(cell: string): string {
  const guarded = HAS_SIGN.test(cell) ? cell.replaceAll(TO_GUARD, "$1'") : cell
  return BEGINS_WITH_BREAK.test(guarded) ? `'${guarded}` : guarded
}

/**
 * Puts a `'` before everything in a cell that a spreadsheet would run as a formula or change when it opens or saves it;
 * not where one stands already.
 */
export function guardForSpreadsheet(cell: string): string {
  const guarded = guardFormula(cell)
  return guarded.startsWith("'") || !looksConvertible(cell) ? guarded : `'${guarded}`
}

/** Drops one `'` from each place at which a guard puts one: the reverse of all of them. */
export function unguardCell(cell: string): string {
  const text = cell.includes("'") && HAS_SIGN.test(cell) ? cell.replaceAll(GUARDED, '$1') : cell
  return beginsGuarded(text) ? text.slice(1) : text
}

/** Puts one more `'` wherever {@link unguardCell} would drop one that is the cell's own. */
export function escapeGuards(cell: string): string {
  const text = HAS_SIGN.test(cell) ? cell.replaceAll(TO_ESCAPE, "$1'") : cell
  return beginsGuarded(cell) ? `'${text}` : text
}

/** Whether it begins with a `'`, or several, that stands before what is guarded. */
function beginsGuarded(cell: string): boolean {
  const apostrophes = APOSTROPHES.exec(cell)?.[0].length ?? 0
  if (apostrophes === 0) return false
  const rest = cell.slice(apostrophes)
  return BEGINS_WITH_SIGN.test(rest) || BEGINS_WITH_BREAK.test(rest) || looksConvertible(rest)
}
