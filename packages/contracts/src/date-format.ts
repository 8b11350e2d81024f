/** The formats of dates that have a name. Every other one is a pattern. */
const NAMED_DATE_FORMATS = ['epochMillis', 'epochSeconds', 'iso8601'] as const
export type NamedDateFormat = (typeof NAMED_DATE_FORMATS)[number]

/** The documented API's. */
export const DEFAULT_DATE_FORMAT: NamedDateFormat = 'epochMillis'

const TOKENS = ['yyyy', 'yy', 'MM', 'M', 'dd', 'd', 'HH', 'H', 'hh', 'h', 'mm', 'ss', 'SSS', 'a'] as const
export type DateToken = (typeof TOKENS)[number]

/** A part of a pattern: a token, or the text that stands between tokens. */
export type DatePart = { readonly token: DateToken } | { readonly literal: string }

export type DatePatternResult =
  | { readonly ok: true; readonly parts: readonly DatePart[] }
  | { readonly ok: false; readonly message: string }

const EXPECTED = `expected ${NAMED_DATE_FORMATS.join(', ')}, or a pattern of ${TOKENS.join(' ')} with separators, such as dd/MM/yyyy HH:mm`
const MAX_CHARACTERS = 60
/** A token, quoted text, a T as in ISO 8601, or what is no letter. */
const PART = /yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|ss|SSS|a|'[^']+'|T|[^\p{L}\p{Nd}'"\p{Cc}]/uy
/** Tokens that take one digit or two. */
const VARIABLE: ReadonlySet<string> = new Set(['M', 'd', 'H', 'h'])

export function isNamedDateFormat(text: string): text is NamedDateFormat {
  return (NAMED_DATE_FORMATS as readonly string[]).includes(text)
}

/** Reads a pattern, or says what is wrong with it. */
export function parseDatePattern(pattern: string): DatePatternResult {
  const fail = (reason: string): DatePatternResult => ({ ok: false, message: `${reason}; ${EXPECTED}` })
  if (pattern === '' || pattern.length > MAX_CHARACTERS) return fail(`has ${pattern.length} characters`)
  const parts: DatePart[] = []
  PART.lastIndex = 0
  for (let at = 0; at < pattern.length; at = PART.lastIndex) {
    const text = PART.exec(pattern)?.[0]
    if (text === undefined)
      return fail(`has "${String.fromCodePoint(pattern.codePointAt(at) ?? 0)}" at position ${at + 1}`)
    const token = TOKENS.find((known) => known === text)
    parts.push(
      token === undefined ? { literal: text.length > 1 && text.startsWith("'") ? text.slice(1, -1) : text } : { token },
    )
  }
  const fault = findFault(parts)
  return fault === null ? { ok: true, parts } : fail(fault)
}

const FIELDS: readonly { readonly name: string; readonly tokens: readonly string[] }[] = [
  { name: 'year', tokens: ['yyyy', 'yy'] },
  { name: 'month', tokens: ['MM', 'M'] },
  { name: 'day', tokens: ['dd', 'd'] },
  { name: 'hour', tokens: ['HH', 'H', 'hh', 'h'] },
  { name: 'minute', tokens: ['mm'] },
  { name: 'second', tokens: ['ss'] },
  { name: 'millisecond', tokens: ['SSS'] },
  { name: 'half of the day', tokens: ['a'] },
]

function findFault(parts: readonly DatePart[]): string | null {
  const tokens = parts.flatMap((part) => ('token' in part ? [part.token] : []))
  const count = (name: string): number => {
    const known = FIELDS.find((field) => field.name === name)?.tokens ?? []
    return tokens.filter((token) => known.includes(token)).length
  }
  for (const { name } of FIELDS) if (count(name) > 1) return `has the ${name} more than once`
  for (const name of ['year', 'month', 'day']) if (count(name) === 0) return `lacks the ${name}`
  const finer = ['hour', 'minute', 'second', 'millisecond']
  for (const [index, name] of finer.entries()) {
    const coarser = finer[index - 1]
    if (coarser !== undefined && count(name) > 0 && count(coarser) === 0)
      return `has the ${name} without the ${coarser}`
  }
  const isHalf = tokens.some((token) => token === 'hh' || token === 'h')
  if (isHalf && count('half of the day') === 0) return 'has hh or h without a; HH counts from 0 to 23'
  if (!isHalf && count('half of the day') > 0) return 'has a without hh or h'
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1]
    const runsOn = next !== undefined && 'token' in next && next.token !== 'a'
    if ('token' in part && VARIABLE.has(part.token) && runsOn) {
      return `has ${part.token} right before ${next.token}, so that nobody can tell where it ends`
    }
  }
  return null
}

/** Whether this is the IANA name of a time zone. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
