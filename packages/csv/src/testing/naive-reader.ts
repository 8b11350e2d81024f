import { isUtf8 } from 'node:buffer'

import type { RecordFault } from '../record-framer.ts'

export interface NaiveRecord {
  readonly cells: string[]
  readonly fault: RecordFault | undefined
  readonly offset: number
  readonly line: number
}

interface Reading {
  readonly fault?: RecordFault
  readonly cells: string[]
  /** Where the content ends, when there is no fault. */
  readonly end: number
  readonly quoted: boolean
}

/**
 * The rules of reading, cell by cell over the whole file, as plainly as they can be said and as slow as that is: every
 * record is read from its own start, whatever was read before. It shares no code with the reader that it judges.
 */
export function readNaively(file: Buffer, delimiter: string, limit: number): NaiveRecord[] {
  const text = file.toString('latin1')
  const records: NaiveRecord[] = []
  let start = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  let line = 1
  while (start < text.length) {
    const reading = readOne(text, start, delimiter, limit)
    const end = reading.fault === undefined ? reading.end : endOfLine(text, start)
    const content = text.slice(start, end)
    const bytes = Buffer.from(content, 'latin1')
    if (reading.fault !== undefined) {
      records.push({ cells: [decode(cutAtLimit(content, limit))], fault: reading.fault, offset: start, line })
    } else if (!isUtf8(bytes)) {
      records.push({ cells: [decode(content)], fault: 'not_utf8', offset: start, line })
    } else if (content.includes('\0')) {
      records.push({ cells: [decode(content)], fault: 'nul_byte', offset: start, line })
    } else if (reading.quoted || !isBlankLine(content, delimiter)) {
      records.push({ cells: reading.cells.map(decode), fault: undefined, offset: start, line })
    }
    line += content.match(/\r\n|\r|\n/g)?.length ?? 0
    start = end
    if (start < text.length) {
      start += text.startsWith('\r\n', start) ? 2 : 1
      line++
    }
  }
  return records
}

function readOne(text: string, start: number, delimiter: string, limit: number): Reading {
  const bound = start + limit
  const cells: string[] = []
  let quoted = false
  let at = start
  for (;;) {
    if (at === bound && !isEnd(text, at)) return { fault: 'record_too_long', cells, end: at, quoted }
    if (text[at] === '"') {
      quoted = true
      let close = text.indexOf('"', at + 1)
      while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
      if (close === -1 || close >= bound) return { fault: 'quote_not_closed', cells, end: at, quoted }
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'))
      at = close + 1
      while (at < bound && text[at] === ' ' && delimiter !== ' ') at++
    } else {
      let end = at
      while (!isEnd(text, end) && text[end] !== delimiter) end++
      cells.push(text.slice(at, end))
      at = end
    }
    if (at <= bound && isEnd(text, at)) return { cells, end: at, quoted }
    if (at >= bound) return { fault: 'record_too_long', cells, end: at, quoted }
    if (text[at] !== delimiter) return { fault: 'text_after_quote', cells, end: at, quoted }
    at++
  }
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === '\n' || text[at] === '\r'
}

function endOfLine(text: string, start: number): number {
  let end = start
  while (!isEnd(text, end)) end++
  return end
}

function isBlankLine(content: string, delimiter: string): boolean {
  return [...content].every((character) => (character === ' ' || character === '\t') && character !== delimiter)
}

/** Not in the middle of what looks like one character of UTF-8. */
function cutAtLimit(content: string, limit: number): string {
  if (content.length <= limit) return content
  const isContinuation = (at: number): boolean => (content.charCodeAt(at) & 0xc0) === 0x80
  const cut = [0, 1, 2, 3].map((back) => limit - back).find((at) => at > 0 && !isContinuation(at))
  return content.slice(0, cut ?? limit)
}

function decode(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}
