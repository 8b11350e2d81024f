import JSON5 from 'json5'

/** One member of an object as it was written. */
export interface WrittenMember {
  readonly key: string
  /** The value's text, without comments and the spaces around it. */
  readonly text: string
}

/** Blanks and comments, which say nothing; else a string, a mark, or a run of anything else (a number, a name). */
const TOKEN =
  /(\s+|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|[{}[\]:,]|[^\s{}[\]:,"'/]+/g

/**
 * The members of a JSON5 object in their order, those included that a later one of the same key takes the place of: what
 * parsing leaves out. `text` must be such an object, which has been parsed before.
 */
export function scanMembers(text: string): WrittenMember[] {
  const members: WrittenMember[] = []
  let depth = 0
  let key: string | null = null
  let value = ''
  for (const [token, blank] of text.matchAll(TOKEN)) {
    if (blank !== undefined) continue
    const closes = token === '}' || token === ']'
    if (closes) depth -= 1
    const endsMember = (depth === 1 && token === ',') || depth === 0
    if (endsMember) {
      if (key !== null) members.push({ key, text: value })
      key = null
      value = ''
    } else if (key === null) key = readKey(token)
    else if (value !== '' || token !== ':') value += token
    if (token === '{' || token === '[') depth += 1
  }
  return members
}

function readKey(token: string): string {
  const [key = ''] = Object.keys(JSON5.parse<object>(`{${token}:0}`))
  return key
}
