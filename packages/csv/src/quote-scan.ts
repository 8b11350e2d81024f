import type { ByteWindow } from './byte-window.ts'

export const LF = 0x0a
export const CR = 0x0d
const SPACE = 0x20
export const QUOTE = 0x22

/**
 * Where a scan stands within a record. `closed`: behind a quote that closes the cell unless another quote follows.
 * `padded`: behind a closing quote and at least one space.
 */
export type QuoteState = 'unquoted' | 'quoted' | 'closed' | 'padded'

/**
 * Why a scan stopped, the byte at `offset` not consumed: the range is exhausted; a line end outside quotes; a line
 * end inside quotes; a byte behind a closing quote that may not stand there.
 */
export type ScanStop = 'exhausted' | 'line_end' | 'line_end_in_quotes' | 'text_after_quote'

/**
 * The automaton that knows which line ends are inside quotes. It can be halted at any byte and taken up again, so
 * that no byte is looked at twice however the file is cut into pieces.
 */
export class QuoteScan {
  state: QuoteState = 'unquoted'
  /** Offset in the file of the next byte to look at. */
  offset = 0
  /** Line ends crossed inside quotes; a CRLF is one. */
  crossedLines = 0
  /** Whether a cell opened with a quote. */
  sawQuotedCell = false
  /** How many bytes were looked at since the scan was made: what linear time is measured by. */
  scannedBytes = 0
  readonly #delimiter: number

  constructor(delimiter: number) {
    this.#delimiter = delimiter
  }

  restart(state: QuoteState, offset: number): void {
    this.state = state
    this.offset = offset
    this.crossedLines = 0
    this.sawQuotedCell = state === 'quoted'
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
      const byte = bytes[index] as number
      if (state === 'unquoted') {
        if (byte <= QUOTE) {
          if (byte === LF || byte === CR) {
            stop = 'line_end'
            break scan
          }
          if (byte === QUOTE && (index === startIndex || bytes[index - 1] === delimiter)) {
            state = 'quoted'
            this.sawQuotedCell = true
          }
        }
      } else if (state === 'quoted') {
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
      } else if (byte === QUOTE && state === 'closed') {
        state = 'quoted'
      } else if (byte === delimiter) {
        state = 'unquoted'
      } else if (byte === LF || byte === CR) {
        stop = 'line_end'
        break scan
      } else if (byte === SPACE) {
        state = 'padded'
      } else {
        stop = 'text_after_quote'
        break scan
      }
      index++
    }
    this.scannedBytes += origin + index - this.offset
    this.state = state
    this.offset = origin + index
    return stop
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
