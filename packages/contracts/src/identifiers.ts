/**
 * How identifiers compare. Reference data is stored in this form and rows are looked up in it, so both sides must
 * use these functions.
 */

/** By digits: spaces, dashes and brackets are dropped, then a leading `+` or `00`. Other characters are kept. */
export function normalizeMobile(text: string): string {
  return text.replaceAll(/[\s\-\u2010-\u2015()[\]{}]/g, '').replace(/^(?:\+|00)/, '')
}

/** Without case. */
export function normalizeEmail(text: string): string {
  return text.toLowerCase()
}

/** Without case. */
export function normalizeCouponCode(text: string): string {
  return text.toLowerCase()
}
