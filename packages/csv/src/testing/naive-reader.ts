import { isUtf8 } from 'node:buffer'

import type { ReadSizes } from '../block-reader.ts'
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
  /** Where each cell starts, blanks and quote included. */
  readonly starts: number[]
  /** Where the content ends, when there is no fault. */
  readonly end: number
  readonly quoted: boolean
}

/**
 * The rules of reading, cell by cell over the whole file, as plainly as they can be said and as slow as that is: every
 * record is read from its own start, whatever was read before. It shares no code with the reader that it checks.
 */
export function readNaively(
  file: Buffer,
  delimiter: string,
  { recordBytes: limit, recordCells }: Pick<ReadSizes, 'recordBytes' | 'recordCells'>,
  header?: readonly string[],
): NaiveRecord[] {
  const text = file.toString('latin1')
  const records: NaiveRecord[] = []
  let start = dropMarks(text, 0)
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
    } else {
      const cells = boundCells(reading, text, delimiter, recordCells).map(decode)
      const isHeader = JSON.stringify(header?.map(trimSlowly)) === JSON.stringify(cells.map(trimSlowly))
      if (!isHeader && cells.some((cell) => trimSlowly(cell) !== '')) {
        records.push({ cells, fault: undefined, offset: start, line })
      }
    }
    line += content.match(/\r\n|\r|\n/g)?.length ?? 0
    start = end
    if (start < text.length) {
      start += text.startsWith('\r\n', start) ? 2 : 1
      line++
    }
    start = dropMarks(text, start)
  }
  return records
}

/** Byte order marks and Ctrl-Z at the start of a record, as joined files have them. */
function dropMarks(text: string, start: number): number {
  return start + (/^(?:\xef\xbb\xbf|\x1a)*/.exec(text.slice(start))?.[0].length ?? 0)
}

/** Of what cannot be seen only that which the tests here write. */
function trimSlowly(cell: string): string {
  return cell.replace(/^[\s\ufeff\x00-\x1f\u200b\u200e]+|[\s\ufeff\x00-\x1f\u200b\u200e]+$/g, '')
}

function readOne(text: string, start: number, delimiter: string, limit: number): Reading {
  const bound = start + limit
  const cells: string[] = []
  const starts: number[] = []
  let quoted = false
  let at = start
  for (;;) {
    if (at === bound && !isEnd(text, at)) return { fault: 'record_too_long', cells, starts, end: at, quoted }
    starts.push(at)
    const open = skipBlanks(text, at, delimiter)
    // A quote behind blanks opens a cell only where it is closed as it should be; that is looked for as far as a record may go.
    const opens = open > at && text[open] === '"' && open < bound && isClosedAhead(text, open, delimiter, limit)
    if (text[at] === '"' || opens) {
      const quote = opens ? open : at
      quoted = true
      const close = findClose(text, quote)
      if (close === -1 || close >= bound) return { fault: 'quote_not_closed', cells, starts, end: at, quoted }
      cells.push(text.slice(quote + 1, close).replaceAll('""', '"'))
      at = Math.min(skipBlanks(text, close + 1, delimiter, '\x1a'), bound)
    } else {
      let end = at
      while (!isEnd(text, end) && text[end] !== delimiter) end++
      cells.push(text.slice(at, end))
      at = end
    }
    if (at <= bound && isEnd(text, at)) return { cells, starts, end: at, quoted }
    if (at >= bound) return { fault: 'record_too_long', cells, starts, end: at, quoted }
    if (text[at] !== delimiter) return { fault: 'text_after_quote', cells, starts, end: at, quoted }
    at++
  }
}

/** The last of so many cells is what stands from its start to the record's end, where there are more. */
function boundCells({ cells, starts, end }: Reading, text: string, delimiter: string, count: number): string[] {
  if (cells.length <= count) return cells
  const rest = text.slice(starts[count - 1], end)
  const isEmpty = trimSlowly(decode(rest.replaceAll(delimiter, ''))) === ''
  return [...cells.slice(0, count - 1), isEmpty ? '' : rest]
}

function findClose(text: string, quote: number): number {
  let close = text.indexOf('"', quote + 1)
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
  return close
}

function isClosedAhead(text: string, quote: number, delimiter: string, limit: number): boolean {
  const close = findClose(text, quote)
  if (close === -1 || close >= quote + limit) return false
  const next = skipBlanks(text, close + 1, delimiter, '\x1a')
  if (next >= text.length) return text.length < quote + limit
  return next < quote + limit && (text[next] === delimiter || isEnd(text, next))
}

function skipBlanks(text: string, start: number, delimiter: string, more = ''): number {
  let at = start
  for (;;) {
    const character = text[at] ?? ''
    if (character !== '' && ` \t${more}`.includes(character) && character !== delimiter) at += 1
    else if (text.startsWith('\xc2\xa0', at)) at += 2
    else return at
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
