import type { ByteWindow } from './byte-window.ts'

export const LF = 0x0a
export const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
export const QUOTE = 0x22
const CTRL_Z = 0x1a
/** A no-break space is two bytes in UTF-8. */
const NBSP = [0xc2, 0xa0] as const

/**
 * Where a scan stands within a record. `closed`: behind a quote that closes the cell unless another quote follows.
 * `padded`: behind a closing quote and at least one blank. `half_blank`: behind the first byte of a no-break space there.
 */
export type QuoteState = 'unquoted' | 'quoted' | 'closed' | 'padded' | 'half_blank'

/**
 * Why a scan stopped, the byte at `offset` not consumed: the range is exhausted; a line end outside quotes; a line
 * end inside quotes; a byte behind a closing quote that may not stand there; a quote behind blanks of which only the
 * bytes to come tell whether it opens a cell.
 */
export type ScanStop = 'exhausted' | 'line_end' | 'line_end_in_quotes' | 'text_after_quote' | 'undecided'

/**
 * The automaton that knows which line ends are inside quotes. It can be halted at any byte and taken up again, so
 * that no byte is looked at twice however the file is cut into pieces.
 *
 * A quote behind blanks opens a cell only if it is closed as it should be, so there the automaton looks ahead. That is
 * linear too: a look ahead ends at the next run of an odd number of quotes at the latest, and quotes that open cells
 * within its range stand at even runs, where a look ahead of their own ends at once.
 */
export class QuoteScan {
  state: QuoteState = 'unquoted'
  /** Offset in the file of the next byte to look at. */
  offset = 0
  /** Line ends crossed inside quotes; a CRLF is one. */
  crossedLines = 0
  /** Whether a cell opened with a quote. */
  sawQuotedCell = false
  /** Whether a cell opened with a quote behind blanks, or a closing quote has a Ctrl-Z behind it. */
  sawPaddedCell = false
  /** How many bytes were looked at since the scan was made: what linear time is measured by. */
  scannedBytes = 0
  /** Whether the window holds the last byte of the file. */
  ended = false
  readonly #delimiter: number
  readonly #limit: number
  readonly #ahead = { quote: -1, offset: 0, state: 'quoted' as QuoteState, opens: undefined as boolean | undefined }

  /** @param limit within how many bytes a quote behind blanks must be closed to open a cell. */
  constructor(delimiter: number, limit: number) {
    this.#delimiter = delimiter
    this.#limit = limit
  }

  restart(state: QuoteState, offset: number): void {
    this.state = state
    this.offset = offset
    this.crossedLines = 0
    this.sawQuotedCell = state === 'quoted'
    this.sawPaddedCell = false
  }

  /**
   * Goes on up to the offset `end`, not including it.
   *
   * @param recordStart offset at which the record starts: a quote there opens a cell, as does one behind a delimiter
   * @param crossLines whether to go on over line ends inside quotes
   */
  run(window: ByteWindow, end: number, recordStart: number, crossLines: boolean): ScanStop {
    const { bytes, origin } = window
    const delimiter = this.#delimiter
    const startIndex = recordStart - origin
    const endIndex = end - origin
    let index = this.offset - origin
    let { state } = this
    let stop: ScanStop = 'exhausted'
    // All that matters outside delimiters is at or below the quote's own code: nearly every byte of a file passes by
    // one comparison. A delimiter counts only beside a quote.
    scan: while (index < endIndex) {
      let byte = bytes[index] as number
      if (state === 'unquoted') {
        while (byte > QUOTE && index + 1 < endIndex) byte = bytes[++index] as number
        if (byte <= QUOTE) {
          if (byte === LF || byte === CR) {
            stop = 'line_end'
            break scan
          }
          if (byte === QUOTE) {
            const isFirst = index === startIndex || bytes[index - 1] === delimiter
            const opens = isFirst || this.#opensBehindBlanks(window, index, startIndex)
            if (opens === undefined) {
              stop = 'undecided'
              break scan
            }
            if (opens) {
              state = 'quoted'
              this.sawQuotedCell = true
              if (!isFirst) this.sawPaddedCell = true
            }
          }
        }
      } else if (state === 'quoted') {
        while (byte > QUOTE && index + 1 < endIndex) byte = bytes[++index] as number
        if (byte <= QUOTE) {
          if (byte === QUOTE) {
            state = 'closed'
          } else if (byte === LF || byte === CR) {
            if (!crossLines) {
              stop = 'line_end_in_quotes'
              break scan
            }
            if (byte === CR || bytes[index - 1] !== CR) this.crossedLines++
          }
        }
      } else {
        const next = this.#stateBehindClosed(state, byte)
        if (next === undefined) {
          stop =
            byte === LF || byte === CR ? (state === 'half_blank' ? 'text_after_quote' : 'line_end') : 'text_after_quote'
          break scan
        }
        if (byte === CTRL_Z) this.sawPaddedCell = true
        state = next
      }
      index++
    }
    this.scannedBytes += origin + index - this.offset
    this.state = state
    this.offset = origin + index
    return stop
  }

  /** What a byte behind a closing quote leads to; undefined: it may not stand there, or it ends the line. */
  #stateBehindClosed(state: QuoteState, byte: number): QuoteState | undefined {
    if (state === 'half_blank') return byte === NBSP[1] ? 'padded' : undefined
    if (byte === QUOTE && state === 'closed') return 'quoted'
    if (byte === this.#delimiter) return 'unquoted'
    if (byte === SPACE || byte === TAB || byte === CTRL_Z) return 'padded'
    return byte === NBSP[0] ? 'half_blank' : undefined
  }

  /** Whether a quote within a cell opens it: only blanks before it, and closed as it should be. Undefined: not yet known. */
  #opensBehindBlanks(window: ByteWindow, index: number, startIndex: number): boolean | undefined {
    if (this.#ahead.quote === window.origin + index) return this.#isClosedAhead(window, window.origin + index)
    const { bytes } = window
    let start = index
    for (;;) {
      const byte = bytes[start - 1]
      if (start === startIndex || byte === this.#delimiter) break
      if (byte === SPACE || byte === TAB) start -= 1
      else if (byte === NBSP[1] && start - 2 >= startIndex && bytes[start - 2] === NBSP[0]) start -= 2
      else return false
    }
    return this.#isClosedAhead(window, window.origin + index)
  }

  /** Whether a quote behind blanks is closed and followed by nothing but blanks, a delimiter or a line end. */
  #isClosedAhead(window: ByteWindow, quote: number): boolean | undefined {
    const ahead = this.#ahead
    if (ahead.quote !== quote) Object.assign(ahead, { quote, offset: quote + 1, state: 'quoted', opens: undefined })
    if (ahead.opens !== undefined) return ahead.opens
    const { bytes, origin } = window
    const limit = quote + this.#limit
    const end = Math.min(window.end, limit)
    const from = ahead.offset
    let { offset, state } = ahead
    while (offset < end && ahead.opens === undefined) {
      const byte = bytes[offset - origin] as number
      if (state === 'quoted') {
        if (byte === QUOTE) state = 'closed'
      } else {
        const next = this.#stateBehindClosed(state, byte)
        if (next === undefined) ahead.opens = state !== 'half_blank' && (byte === LF || byte === CR)
        else if (next === 'unquoted') ahead.opens = true
        else state = next
      }
      offset++
    }
    this.scannedBytes += offset - from
    ahead.offset = offset
    ahead.state = state
    if (ahead.opens === undefined && (offset >= limit || this.ended)) {
      ahead.opens = offset < limit && (state === 'closed' || state === 'padded')
    }
    return ahead.opens
  }
}

/** Index of the first LF or CR from `start` on; `end` when there is none before it. */
export function indexOfLineEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number
    if (byte === LF || byte === CR) return index
  }
  return end
}
