import type { DatePart, DateToken } from '@importer/contracts'

import { toLocalMs } from './local-time.ts'

/** The local time that a text names, as if it were UTC; NaN when there is no such day or time; null: it is not of the pattern. */
export type PatternParser = (text: string) => number | null

const ZERO = 48
const IS_BLANK = /^\p{White_Space}$/u
/** 11 p.m. as people write it. */
const HALF_OF_DAY = /([ap])\.?m\.?/iy

/** Digits that a token takes: at least and at most. */
const DIGITS: Record<Exclude<DateToken, 'a'>, readonly [number, number]> = {
  yyyy: [4, 4],
  yy: [2, 2],
  MM: [2, 2],
  M: [1, 2],
  dd: [2, 2],
  d: [1, 2],
  HH: [2, 2],
  H: [1, 2],
  hh: [2, 2],
  h: [1, 2],
  mm: [2, 2],
  ss: [2, 2],
  SSS: [3, 3],
}

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'ms'
const FIELDS: Record<Exclude<DateToken, 'a'>, Field> = {
  yyyy: 'year',
  yy: 'year',
  MM: 'month',
  M: 'month',
  dd: 'day',
  d: 'day',
  HH: 'hour',
  H: 'hour',
  hh: 'hour',
  h: 'hour',
  mm: 'minute',
  ss: 'second',
  SSS: 'ms',
}

type Values = Record<Field, number> & { half: 'a' | 'p' | null }
/** Takes its part of the text from a place on, and says where it ends; -1: the text is another. */
type Step = (text: string, at: number, values: Values) => number

/** Makes a parser of a pattern's parts. Nothing is guessed: the whole text must be of the pattern. */
export function compilePattern(parts: readonly DatePart[]): PatternParser {
  const steps = parts.map((part) => ('literal' in part ? takeLiteral(part.literal) : takeToken(part.token)))
  const isHalf = parts.some((part) => 'token' in part && part.token === 'a')
  const isShortYear = parts.some((part) => 'token' in part && part.token === 'yy')
  const values: Values = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, ms: 0, half: null }
  return (text) => {
    let at = 0
    for (const step of steps) {
      at = step(text, at, values)
      if (at < 0) return null
    }
    if (at !== text.length) return null
    const { month, day, minute, second, ms } = values
    const year = isShortYear ? 2000 + values.year : values.year
    let { hour } = values
    if (isHalf) {
      if (hour < 1 || hour > 12) return Number.NaN
      hour = (hour % 12) + (values.half === 'p' ? 12 : 0)
    }
    return toLocalMs(year, month, day, hour, minute, second, ms)
  }
}

function takeLiteral(literal: string): Step {
  // A blank stands for any: spreadsheets put a narrow one before AM.
  if (IS_BLANK.test(literal)) return (text, at) => (IS_BLANK.test(text.charAt(at)) ? at + 1 : -1)
  return (text, at) => (text.startsWith(literal, at) ? at + literal.length : -1)
}

function takeToken(token: DateToken): Step {
  if (token === 'a') {
    return (text, at, values) => {
      HALF_OF_DAY.lastIndex = at
      const match = HALF_OF_DAY.exec(text)
      if (match === null) return -1
      values.half = match[1]?.toLowerCase() === 'p' ? 'p' : 'a'
      return at + match[0].length
    }
  }
  const [least, most] = DIGITS[token]
  const field = FIELDS[token]
  return (text, at, values) => {
    let value = 0
    let end = at
    for (; end - at < most; end += 1) {
      const digit = text.charCodeAt(end) - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    if (end - at < least) return -1
    values[field] = value
    return end
  }
}
