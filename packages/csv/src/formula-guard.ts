/**
 * A spreadsheet runs a cell as a formula that begins with one of these, also in their full-width form. Where it splits a
 * file at another delimiter than the file's own, or at a line end, what stands behind `;`, a tab or a line end begins a
 * cell too; and blanks and characters that cannot be seen before the sign do not keep it from doing so.
 */
const SIGN = '[=+\\-@\uff1d\uff0b\uff0d\uff20]'
const UNSEEN = '[\\p{Cf}\\p{Zs}\\p{Zl}\\p{Zp}\\0-\\x08\\v\\f\\x0e-\\x1f\\x7f]*'
const HAS_SIGN = /[=+\-@\uff1d\uff0b\uff0d\uff20]/

const TO_GUARD = new RegExp(`(^|[;\\t\\r\\n])(?=${UNSEEN}${SIGN})`, 'gu')
const GUARDED = new RegExp(`(^|[;\\t\\r\\n])'(?=${UNSEEN}${SIGN})`, 'gu')

/** Some spreadsheets drop a tab or a carriage return at a cell's start, and then look again. */
const TO_GUARD_AT_START = /^[\t\r]/
const GUARDED_AT_START = /^'[\t\r]/

/** Puts a `'` before everything in a cell that a spreadsheet would run as a formula; not where one stands already. */
export function guardFormula(cell: string): string {
  const guarded = HAS_SIGN.test(cell) ? cell.replaceAll(TO_GUARD, "$1'") : cell
  return TO_GUARD_AT_START.test(guarded) ? `'${guarded}` : guarded
}

/** Drops each `'` before what would be a formula without it: the reverse of {@link guardFormula}. */
export function unguardFormula(cell: string): string {
  const text = GUARDED_AT_START.test(cell) ? cell.slice(1) : cell
  return HAS_SIGN.test(text) ? text.replaceAll(GUARDED, '$1') : text
}
