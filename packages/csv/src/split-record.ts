import { trimCell } from './unseen.ts'

/** What may stand between a delimiter and a quote: space, tab, no-break space; behind a closing quote a Ctrl-Z, too. */
const BLANKS = /[ \t\u00a0]*/y
const BLANKS_BEHIND = /[ \t\u00a0\u001a]*/y
/** A quoted cell from its quote on. */
const QUOTED = /"((?:[^"]|"")*)"(?!")/y

/**
 * Splits one record, without its line end, into at most `maxCells` cells: the last one holds what stands behind it, too,
 * unsplit, unless that is nothing but delimiters and what cannot be seen. A quote behind blanks opens a cell here, which
 * papaparse takes for an ordinary character. The record must be well-formed.
 */
export function splitRecord(text: string, delimiter: string, maxCells: number): string[] {
  const cells: string[] = []
  let at = 0
  for (;;) {
    const { cell, end } = readCell(text, at, delimiter)
    const isLast = end >= text.length
    cells.push(isLast || cells.length < maxCells - 1 ? cell : readRest(text.slice(at), delimiter))
    if (isLast || cells.length === maxCells) return cells
    at = end + 1
  }
}

function readCell(text: string, at: number, delimiter: string): { cell: string; end: number } {
  // Of a wide record nearly every cell is empty.
  if (text[at] === delimiter) return { cell: '', end: at }
  const quoted = readQuoted(text, at, delimiter)
  if (quoted !== undefined) return quoted
  const next = text.indexOf(delimiter, at)
  const end = next === -1 ? text.length : next
  return { cell: text.slice(at, end), end }
}

function readRest(text: string, delimiter: string): string {
  return showsNothing(text, delimiter) ? '' : text
}

const LOOKED_AT_CHARACTERS = 8192

/** Piece by piece: the first character that can be seen decides, and there may be a million delimiters before it. */
function showsNothing(text: string, delimiter: string): boolean {
  for (let at = 0; at < text.length;) {
    let end = at + LOOKED_AT_CHARACTERS
    // A character of two units is looked at as one.
    if (isHighSurrogate(text.charCodeAt(end - 1))) end += 1
    if (trimCell(text.slice(at, end).replaceAll(delimiter, '')) !== '') return false
    at = end
  }
  return true
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

/** The quoted cell that starts at `start`, blanks before it included; undefined when the cell is not quoted. */
function readQuoted(text: string, start: number, delimiter: string): { cell: string; end: number } | undefined {
  const open = start + matchAt(BLANKS, text, start, delimiter).length
  if (text[open] !== '"') return undefined
  QUOTED.lastIndex = open
  const match = QUOTED.exec(text)
  if (match === null) return undefined
  const closed = open + match[0].length
  const end = closed + matchAt(BLANKS_BEHIND, text, closed, delimiter).length
  if (end < text.length && text[end] !== delimiter) return undefined
  return { cell: (match[1] ?? '').replaceAll('""', '"'), end }
}

/** What the expression matches at a place, up to a delimiter that is itself a blank. */
function matchAt(expression: RegExp, text: string, at: number, delimiter: string): string {
  expression.lastIndex = at
  const blanks = expression.exec(text)?.[0] ?? ''
  const cut = blanks.indexOf(delimiter)
  return cut === -1 ? blanks : blanks.slice(0, cut)
}
