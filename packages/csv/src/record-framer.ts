import type { ByteWindow } from './byte-window.ts'
import { CR, indexOfLineEnd, LF, QUOTE, QuoteScan } from './quote-scan.ts'

/** Why a record could not be read right. */
export type RecordFault = 'quote_not_closed' | 'text_after_quote' | 'record_too_long' | 'not_utf8' | 'nul_byte'

/** What ends a record; empty at the end of the file. */
export type LineEnd = '\n' | '\r' | '\r\n' | ''

/** What an advance found: a record, a blank line, a line that is no record, a need for more bytes, the end of the file. */
export type Frame = 'record' | 'blank' | 'fault' | 'more' | 'end'

const SPACE = 0x20
const TAB = 0x09
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const
const CTRL_Z = 0x1a

function isMark(byte: number): boolean {
  return byte === BYTE_ORDER_MARK[0] || byte === CTRL_Z
}

/**
 * Finds where records start and end, in bytes, without splitting them.
 *
 * Every byte is looked at a constant number of times whatever the file holds. A record whose quoting is wrong costs
 * its first line, and what follows is read anew from the next line; a scan that began for such a record is not thrown
 * away, because at a line start *inside quotes* the automaton's future does not depend on which record began: as long
 * as later records enter it inside quotes too, they go on where the earlier one left off.
 */
export class RecordFramer {
  /** Of what the last advance found: offset and physical line of its start, and the offset just past its content. */
  start: number
  line: number
  contentEnd = 0
  lineEnd: LineEnd = ''
  /** Of a record: whether any cell opened with a quote, and whether any did so behind blanks. */
  quoted = false
  padded = false
  /** Of a fault: what it is, and its first physical line as text. */
  fault: RecordFault = 'quote_not_closed'
  raw = ''
  /** Where the next advance begins. */
  next: number
  nextLine: number

  readonly #window: ByteWindow
  readonly #delimiter: number
  readonly #limit: number
  readonly #firstLine: QuoteScan
  /** The scan beyond a record's first line, shared by all records that enter it: from the line start `#sharedFrom`. */
  readonly #shared: QuoteScan
  #sharedFrom = Number.POSITIVE_INFINITY
  #sharedFromLine = 0
  #phase: 'record_start' | 'first_line' | 'later_lines' | 'skip' = 'record_start'
  #ended = false
  /** In the phase `skip`: the next byte to look at for the line's end, and whether `raw` is already set. */
  #skipped = 0
  #hasRaw = false
  #skippedBytes = 0

  readonly #recordsAreLines: boolean

  /**
   * @param delimiter its one byte; @param limit how many bytes a record may have, without its line end.
   * @param recordsAreLines whether a record counts as one line, however many line ends are in its cells.
   */
  constructor(
    window: ByteWindow,
    delimiter: number,
    limit: number,
    from: { byteOffset: number; line: number },
    recordsAreLines = false,
  ) {
    this.#recordsAreLines = recordsAreLines
    this.#window = window
    this.#delimiter = delimiter
    this.#limit = limit
    this.#firstLine = new QuoteScan(delimiter, limit)
    this.#shared = new QuoteScan(delimiter, limit)
    this.start = this.next = from.byteOffset
    this.line = this.nextLine = from.line
  }

  /** Says that the window holds the last byte of the file. */
  finish(): void {
    this.#ended = true
    this.#firstLine.ended = true
    this.#shared.ended = true
  }

  /** The first byte that a later advance can still need. */
  get neededFrom(): number {
    if (this.#phase === 'record_start') return this.next
    return this.#phase === 'skip' && this.#hasRaw ? this.#skipped : this.start
  }

  /** How many bytes were looked at so far, those looked at twice counted twice. */
  get scannedBytes(): number {
    return this.#firstLine.scannedBytes + this.#shared.scannedBytes + this.#skippedBytes
  }

  /** Goes on to the next frame. After `more`, append to the window or finish, then advance again. */
  advance(): Frame {
    if (this.#phase === 'record_start') {
      if (this.next < this.#window.end && isMark(this.#byteAt(this.next)) && !this.#dropMarks()) return 'more'
      if (this.next >= this.#window.end) return this.#ended ? 'end' : 'more'
      this.start = this.next
      this.line = this.nextLine
      this.#firstLine.restart('unquoted', this.start)
      this.#phase = 'first_line'
    }
    if (this.#phase === 'first_line') return this.#readFirstLine()
    if (this.#phase === 'later_lines') return this.#readLaterLines()
    return this.#skipLine()
  }

  /** Drops what joined files leave at the start of a record. False: the bytes to come tell whether it is that. */
  #dropMarks(): boolean {
    for (;;) {
      const byte = this.next < this.#window.end ? this.#byteAt(this.next) : undefined
      if (byte === CTRL_Z) this.next += 1
      else if (byte !== BYTE_ORDER_MARK[0]) return true
      else {
        const head = this.#window.view(this.next, Math.min(this.next + 3, this.#window.end))
        if (!head.every((each, index) => each === BYTE_ORDER_MARK[index])) return true
        if (head.length < 3) return this.#ended
        this.next += 3
      }
    }
  }

  #readFirstLine(): Frame {
    const scan = this.#firstLine
    const limitEnd = this.start + this.#limit
    const stop = scan.run(this.#window, Math.min(this.#window.end, limitEnd), this.start, false)
    if (stop === 'line_end') return this.#endRecord(scan, this.line)
    if (stop === 'undecided') return 'more'
    if (stop === 'text_after_quote') return this.#failRecord(stop, scan.offset)
    if (stop === 'line_end_in_quotes') {
      this.#phase = 'later_lines'
      return this.#readLaterLines()
    }
    return this.#decideExhausted(scan, this.line)
  }

  #readLaterLines(): Frame {
    const scan = this.#shared
    const secondLine = this.#offsetBehindLineEnd(this.#firstLine.offset)
    if (secondLine === undefined) return 'more'
    if (secondLine < this.#sharedFrom || secondLine > scan.offset) {
      scan.restart('quoted', secondLine)
      this.#sharedFrom = secondLine
      this.#sharedFromLine = this.line + 1
    }
    // A scan that had stopped stops again at once, at the same byte for the same reason.
    const limitEnd = this.start + this.#limit
    const stop = scan.run(this.#window, Math.min(this.#window.end, limitEnd), this.start, true)
    const line = this.#sharedFromLine + scan.crossedLines
    if (stop === 'line_end') return this.#endRecord(scan, line)
    if (stop === 'undecided') return 'more'
    if (stop === 'text_after_quote') return this.#failRecord(stop, this.#firstLine.offset)
    return this.#decideExhausted(scan, line)
  }

  /** The scan stands at the end of the bytes at hand or, the limit's worth of bytes consumed, at the limit. */
  #decideExhausted(scan: QuoteScan, line: number): Frame {
    if (scan.offset >= this.#window.end) {
      if (!this.#ended) return 'more'
      return scan.state === 'quoted'
        ? this.#failRecord('quote_not_closed', this.#firstLine.offset)
        : this.#endRecord(scan, line)
    }
    const byte = this.#byteAt(scan.offset)
    if (scan.state !== 'quoted' && (byte === LF || byte === CR)) return this.#endRecord(scan, line)
    const open = scan.state === 'quoted' || (scan.state === 'closed' && byte === QUOTE)
    return this.#failRecord(open ? 'quote_not_closed' : 'record_too_long', this.#firstLine.offset)
  }

  /** The record's content ends where the scan stands, on the given line. */
  #endRecord(scan: QuoteScan, line: number): Frame {
    const next = this.#offsetBehindLineEnd(scan.offset)
    if (next === undefined) return 'more'
    this.#close(scan.offset, next, (this.#recordsAreLines ? this.line : line) + 1)
    this.quoted = scan.sawQuotedCell
    this.padded = this.#firstLine.sawPaddedCell || (scan === this.#shared && scan.sawPaddedCell)
    return !this.quoted && this.#isBlank() ? 'blank' : 'record'
  }

  #failRecord(fault: RecordFault, firstLineSeenTo: number): Frame {
    this.fault = fault
    this.#skipped = firstLineSeenTo
    this.#hasRaw = false
    this.#phase = 'skip'
    return this.#skipLine()
  }

  /** Goes to the end of the first line; keeps no more of it than a record may have. */
  #skipLine(): Frame {
    const { bytes, origin, end } = this.#window
    const endIndex = end - origin
    const index = indexOfLineEnd(bytes, this.#skipped - origin, endIndex)
    this.#skippedBytes += origin + index - this.#skipped
    this.#skipped = origin + index
    if (!this.#hasRaw && this.#skipped - this.start > this.#limit) this.#keepRaw(this.#offsetOfCut())
    if (index === endIndex && !this.#ended) return 'more'
    const next = this.#offsetBehindLineEnd(this.#skipped)
    if (next === undefined) return 'more'
    if (!this.#hasRaw) this.#keepRaw(this.#skipped)
    this.#close(this.#skipped, next, this.line + 1)
    return 'fault'
  }

  #keepRaw(end: number): void {
    this.raw = this.#window.view(this.start, end).toString('utf8')
    this.#hasRaw = true
  }

  /** Where a line that is too long is cut: at the limit, or before the character that the limit would cut in two. */
  #offsetOfCut(): number {
    const limitEnd = this.start + this.#limit
    for (let cut = limitEnd; cut > limitEnd - 4 && cut > this.start; cut--) {
      if ((this.#byteAt(cut) & 0xc0) !== 0x80) return cut
    }
    return limitEnd
  }

  #close(contentEnd: number, next: number, nextLine: number): void {
    const length = next - contentEnd
    this.contentEnd = contentEnd
    this.lineEnd = length === 0 ? '' : length === 2 ? '\r\n' : this.#byteAt(contentEnd) === LF ? '\n' : '\r'
    this.next = next
    this.nextLine = length === 0 ? nextLine - 1 : nextLine
    this.#phase = 'record_start'
  }

  #isBlank(): boolean {
    const { bytes, origin } = this.#window
    for (let index = this.start - origin; index < this.contentEnd - origin; index++) {
      const byte = bytes[index]
      if ((byte !== SPACE && byte !== TAB) || byte === this.#delimiter) return false
    }
    return true
  }

  /** Where the line behind the line end at `offset` starts; undefined while a CR may yet turn out to be a CRLF. */
  #offsetBehindLineEnd(offset: number): number | undefined {
    if (offset >= this.#window.end) return offset
    if (this.#byteAt(offset) === LF) return offset + 1
    if (offset + 1 < this.#window.end) return this.#byteAt(offset + 1) === LF ? offset + 2 : offset + 1
    return this.#ended ? offset + 1 : undefined
  }

  #byteAt(offset: number): number {
    return this.#window.bytes[offset - this.#window.origin] as number
  }
}
