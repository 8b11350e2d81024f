/** Strings, which are passed over, and numbers. */
const STRINGS_AND_NUMBERS = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * The first number of a JSON text that reading would change: JavaScript has 15 to 17 digits and exponents up to 308. Null
 * when each is as it was written, notation apart. `json` must be such a text, which has been parsed before.
 */
export function findInexactNumber(json: string): string | null {
  for (const [token] of json.matchAll(STRINGS_AND_NUMBERS)) {
    if (!token.startsWith('"') && normalize(token) !== normalize(String(Number(token)))) return token
  }
  return null
}

/** One form for all notations of a number: its digits without zeros around them, and its power of ten. */
function normalize(number: string): string | null {
  const match = NUMBER.exec(number)
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
