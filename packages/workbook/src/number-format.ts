/** How a number is shown, as far as it decides what the cell says. */
export interface CellFormat {
  readonly isDate: boolean
  /** Of a date: whether the hours, minutes or seconds of a time are counted on beyond a day. */
  readonly isElapsed: boolean
  /** Of a format of zeros only, such as 000000: how many digits are shown at least. */
  readonly minDigits: number
}

export const GENERAL: CellFormat = { isDate: false, isElapsed: false, minDigits: 0 }

/** The format that a number has: which section of its code shows it depends on the number. */
export type NumberFormat = (value: number) => CellFormat

/**
 * One thing of a format's code (ECMA-376 part 1, 18.8.31): text in quotes, a character behind a backslash, one whose
 * width is left empty, one that fills the cell, a bracket, a word, the end of a section, and every other character.
 */
const TOKEN = /"(?<quoted>[^"]*)"?|(?<spared>[\\_*][^]?)|\[(?<bracket>[^\]]*)\]?|(?<word>[\p{L}]+)|(?<other>[^])/gu
const CONDITION = /^(?<operator><=|>=|<>|<|>|=)\s*(?<limit>[+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)$/i
const ELAPSED = /^(?:h+|m+|s+)$/i
/** Letters of dates and times, those of eras and the Far East's years among them, and T and Z as ISO 8601 has them; or a weekday. */
const DATE_WORD = /^(?=.*[ymdhs])[ymdhsegbtz]+$|^a{3,4}$/i
/** No program writes longer ones: Excel's own limit. */
const MAX_CHARACTERS = 255
const PLACEHOLDERS = new Set('0#?')

interface Section extends CellFormat {
  readonly isText: boolean
  /** Its condition; null: it has none. */
  readonly holds: ((value: number) => boolean) | null
}

const GENERAL_SECTION: Section = { ...GENERAL, isText: false, holds: null }

/**
 * Reads the code of a number format, as `yyyy\-mm\-dd;@` is one. There is none that cannot be read: words that are no
 * dates, as General is called in other languages, are text.
 */
export function readNumberFormat(code: string): NumberFormat {
  const sections = splitSections(code.slice(0, MAX_CHARACTERS)).map(readSection)
  // The last one may be that of texts.
  const ofNumbers = sections.length > 1 && sections.at(-1)?.isText === true ? sections.slice(0, -1) : sections
  const [first = GENERAL_SECTION, second, third] = ofNumbers
  if (second === undefined) return () => first
  if (third === undefined) return (value) => (applies(first, value, value >= 0) ? first : second)
  return (value) => {
    if (applies(first, value, value > 0)) return first
    return applies(second, value, value < 0) ? second : third
  }
}

/** A section shows the numbers that its condition names or, without one, those that its position says. */
function applies({ holds }: Section, value: number, byPosition: boolean): boolean {
  return holds === null ? byPosition : holds(value)
}

type Token = Partial<Record<'quoted' | 'spared' | 'bracket' | 'word' | 'other', string>>

function splitSections(code: string): Token[][] {
  const sections: Token[][] = [[]]
  for (const { groups } of code.matchAll(TOKEN)) {
    const token: Token = groups ?? {}
    if (token.other === ';') sections.push([])
    else sections.at(-1)?.push(token)
  }
  return sections
}

function readSection(tokens: readonly Token[]): Section {
  const brackets = tokens.flatMap(({ bracket }) => bracket ?? [])
  const condition = brackets.map((text) => CONDITION.exec(text)).find((match) => match !== null)
  // What only the look depends on: colours, languages, currencies, blanks.
  const shown = tokens.filter(({ bracket, spared }) => bracket === undefined && !/^[_*]/.test(spared ?? ''))
  const zeros = shown.every(({ other }) => other === '0') ? shown.length : 0
  const isElapsed = brackets.some((text) => ELAPSED.test(text))
  const isTime = isElapsed || shown.some(({ word }) => DATE_WORD.test(word ?? ''))
  return {
    isDate: isTime && !hasDigits(shown),
    isElapsed,
    minDigits: zeros,
    isText: shown.some(({ other }) => other === '@'),
    holds: condition == null ? null : compareWith(condition.groups?.['operator'], Number(condition.groups?.['limit'])),
  }
}

/** Whether digits are shown in it, other than those of a second's fraction: then letters beside them are text. */
function hasDigits(shown: readonly Token[]): boolean {
  let isFraction = false
  let before: Token = {}
  for (const token of shown) {
    const { other = '' } = token
    isFraction = (isFraction && other === '0') || (other === '.' && /s$/i.test(before.word ?? ''))
    if (PLACEHOLDERS.has(other) && !isFraction) return true
    before = token
  }
  return false
}

function compareWith(operator: string | undefined, limit: number): (value: number) => boolean {
  switch (operator) {
    case '<':
      return (value) => value < limit
    case '<=':
      return (value) => value <= limit
    case '>':
      return (value) => value > limit
    case '>=':
      return (value) => value >= limit
    case '=':
      return (value) => value === limit
    default:
      return (value) => value !== limit
  }
}
