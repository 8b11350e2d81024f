/**
 * A reader so plain that it can be checked by eye, to check the generator with: it holds all of the file, looks at one
 * character after the other and begins anew, however late it finds that a quote is wrong.
 */
import type { SourceRecord } from './reference-model.ts'

const MAX_BYTES = 1_048_576

/** Bytes are read as one character each; only cells that are to be kept are decoded. */
export function parseSlowly(file: Buffer, delimiter: string): SourceRecord[] {
  const withoutMark = file.subarray(0, 3).toString('hex') === 'efbbbf' ? file.subarray(3) : file
  const text = withoutMark.toString('latin1')
  const records: SourceRecord[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const lineEndsAt = at + (/^[^\r\n]*/.exec(text.slice(at))?.[0].length ?? 0)
    const first = text.slice(at, lineEndsAt)
    const split = splitRecord(text, at, delimiter)
    let nextAt = split === null ? lineEndsAt : split.endsAt
    if (split === null) {
      records.push({ kind: 'unreadable', line, code: 'MALFORMED_ROW', raw: decode(first) })
    } else if (first.replaceAll(' ', '') !== '') {
      records.push(readRecord(text.slice(at, nextAt), split.cells, line))
    }
    nextAt += text.startsWith('\r\n', nextAt) ? 2 : 1
    line += text.slice(at, nextAt).match(/\r\n|\r|\n/g)?.length ?? 0
    at = nextAt
  }
  return records
}

function readRecord(text: string, cells: readonly string[], line: number): SourceRecord {
  if (text.length > MAX_BYTES) return { kind: 'unreadable', line, code: 'MALFORMED_ROW', raw: null }
  const bytes = Buffer.from(text, 'latin1')
  const isGood = Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes) && !text.includes('\0')
  if (!isGood) return { kind: 'unreadable', line, code: 'INVALID_ENCODING', raw: null }
  return { kind: 'cells', line, cells: cells.map(decode) }
}

function decode(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}

/** The record that begins at `startsAt`; `endsAt` is where its line end stands. null: its quoting is wrong. */
function splitRecord(text: string, startsAt: number, delimiter: string): { cells: string[]; endsAt: number } | null {
  const cells: string[] = []
  let at = startsAt
  for (;;) {
    let cell = ''
    if (text[at] === '"') {
      at += 1
      for (;;) {
        if (at >= text.length) return null
        if (text[at] === '"' && text[at + 1] !== '"') break
        cell += text[at]
        at += text[at] === '"' ? 2 : 1
      }
      at += 1
      while (text[at] === ' ') at += 1
    } else {
      while (at < text.length && text[at] !== delimiter && text[at] !== '\r' && text[at] !== '\n') {
        cell += text[at]
        at += 1
      }
    }
    cells.push(cell)
    if (at >= text.length || text[at] === '\r' || text[at] === '\n') return { cells, endsAt: at }
    if (text[at] !== delimiter) return null
    at += 1
  }
}
