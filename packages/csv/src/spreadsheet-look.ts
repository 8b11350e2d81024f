import { BOOLEANS, CONNECTORS, MONTHS, UNITS, WEEKDAYS } from './spreadsheet-words.ts'
import { trimCell } from './unseen.ts'

/** A whole number that every spreadsheet shows and saves as it is; from twelve digits on Excel writes an exponent. */
const PLAIN_NUMBER = /^(?:0|[1-9][0-9]{0,10})$/
const HAS_DIGIT = /\p{N}/u
const WORD = /\p{L}+/gu
/** `#N/A`, `#DIV/0!`, `#NAME?`: a spreadsheet's own errors, in its own language. */
const ERROR_VALUE = /^#[\p{L}\p{N}/]+[!?]?$/u
/** Forms in which a letter stands for more than itself: 1e5, 2020-10-21T09:00Z, 9 p, 9h30, R50, and R2.10.21, a year of an era. */
const FORMS = [
  /^[\d.,\s]*\d[\d.,\s]*e[+-]?\d+$/u,
  /^\d{4}-?\d\d-?\d\dt[\d:.,]+\s?(?:z|[+-][\d:]+)?$/u,
  /\d\s[ap]$/u,
  /^\d{1,2}\s?h(?:\s?\d{1,2})?$/u,
  /^r\$?\s?[\d.,\s]+$/u,
  /^[mtshr]\d{1,2}[./-]\d{1,2}[./-]\d{1,2}$/u,
]
const SHORTEST_NAME = 3
/** A number of more digits is none to a spreadsheet. */
const LONGEST = 500

/**
 * Whether Excel or LibreOffice, whatever language and country they are set to, would take the text for something else
 * than text when they open a file of CSV, and save it as something else: a number that is long, has leading zeros, signs
 * or an exponent, a date, a time, an amount, a fraction, a truth, an error. Says yes rather than no where they differ.
 */
export function looksConvertible(cell: string): boolean {
  if (cell === '' || PLAIN_NUMBER.test(cell)) return false
  const seen = trimCell(cell)
  if (seen.length > LONGEST) return false
  const text = fold(seen)
  if (text === '' || PLAIN_NUMBER.test(text)) return text !== ''
  if (!HAS_DIGIT.test(text)) return ERROR_VALUE.test(text) || known().booleans.has(text)
  const words = text.match(WORD)
  // No number, date or time of any country has a semicolon in it.
  if (words === null) return !text.includes(';')
  return FORMS.some((form) => form.test(text)) || ERROR_VALUE.test(text) || isDateOrAmount(text, words)
}

/** Every word is one of dates, times or amounts, and one of them makes such a thing of a single number. */
function isDateOrAmount(text: string, words: readonly string[]): boolean {
  const { months, others, units } = known()
  let isOne = false
  for (const word of words) {
    if (months.has(word) || units.has(word)) isOne = true
    else if (!others.has(word)) return false
  }
  return isOne || (text.match(/\p{N}+/gu)?.length ?? 0) > 1
}

/** Without case, accents and other marks, in the form in which wide and narrow digits and letters are the same. */
function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

interface KnownWords {
  readonly months: ReadonlySet<string>
  readonly units: ReadonlySet<string>
  readonly others: ReadonlySet<string>
  readonly booleans: ReadonlySet<string>
}

let knownWords: KnownWords | undefined

/** Made when first needed: most imports need none of it. */
function known(): KnownWords {
  knownWords ??= {
    months: beginningsOf(MONTHS),
    units: new Set(UNITS.map(fold)),
    others: new Set([...beginningsOf(WEEKDAYS), ...CONNECTORS]),
    booleans: new Set(BOOLEANS.map(fold)),
  }
  return knownWords
}

/** A name may be cut short: Sept. */
function beginningsOf(names: readonly string[]): Set<string> {
  const beginnings = new Set<string>()
  for (const name of names.map(fold)) {
    for (let length = Math.min(SHORTEST_NAME, name.length); length <= name.length; length += 1) {
      beginnings.add(name.slice(0, length))
    }
  }
  return beginnings
}
