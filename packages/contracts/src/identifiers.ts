/**
 * How identifiers compare. Reference data is stored in this form and rows are looked up in it, so both sides must
 * use these functions, and a change of them needs a migration of what is stored.
 */

/** What cannot be seen: controls, zero-width and direction marks, soft hyphens, selectors, fillers. */
const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]/gu
/** How people group the digits of a mobile: white space, dashes, dots, slashes, brackets. */
const MOBILE_NOTATION =
  /[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\p{Pd}\p{Ps}\p{Pe}\u2212.\uff0e/\uff0f]/gu
const PLAIN_MOBILE = /^[1-9]\d*$/
const ASCII = /^[\x20-\x7e]*$/
const OTHER_DIGIT = /(?!\d)\p{Nd}/gu
const IS_DIGIT = /^\p{Nd}$/u

/** By digits: white space, dashes, dots, slashes and brackets are dropped, then a leading `+` or `00`. Other characters are kept. */
export function normalizeMobile(text: string): string {
  if (PLAIN_MOBILE.test(text)) return text
  return toAsciiDigits(text)
    .replaceAll(MOBILE_NOTATION, '')
    .replace(/^(?:[+\uff0b]|00)/, '')
}

/** Without case. */
export function normalizeEmail(text: string): string {
  return text.toLowerCase()
}

/** Without case, in Unicode form NFC, without characters that cannot be seen. */
export function normalizeCouponCode(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  return text.replaceAll(UNSEEN, '').normalize('NFC').toLowerCase().normalize('NFC')
}

/** The text with digits of any script as ASCII digits. */
export function toAsciiDigits(text: string): string {
  return ASCII.test(text) ? text : text.replaceAll(OTHER_DIGIT, (digit) => String(valueOfDigit(digit)))
}

const MATHEMATICAL_ZERO = 0x1d7ce

/** Unicode keeps the ten digits of a script side by side; only the mathematical ones have several sets in a row. */
function valueOfDigit(digit: string): number {
  const code = digit.codePointAt(0) ?? 0
  if (code >= MATHEMATICAL_ZERO && code < MATHEMATICAL_ZERO + 50) return (code - MATHEMATICAL_ZERO) % 10
  let value = 0
  while (value < 9 && IS_DIGIT.test(String.fromCodePoint(code - value - 1))) value += 1
  return value
}
