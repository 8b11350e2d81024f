import { isAscii, isUtf8 } from 'node:buffer'

import type { ByteWindow } from './byte-window.ts'
import type { CellSplitter, RecordSeparator } from './cell-splitter.ts'
import type { RecordFault, RecordFramer } from './record-framer.ts'

/** Takes what a run yields, in order: split records and records that hold bytes which are no text. */
export interface RecordSink {
  addRecords(rows: string[][]): void
  addUnreadable(raw: string, fault: RecordFault): void
}

/** Records that stand side by side in the window and end alike, so that they can be decoded and split at one go. */
export class RecordRun {
  #starts: number[] = []
  #contentEnds: number[] = []
  /** Positions in the run of blank lines, which are split with the rest and then dropped. */
  #blanks: number[] = []
  #end = 0
  #separator: RecordSeparator = '\n'
  #quoted = false
  readonly #window: ByteWindow
  readonly #splitter: CellSplitter
  readonly #sink: RecordSink

  constructor(window: ByteWindow, splitter: CellSplitter, sink: RecordSink) {
    this.#window = window
    this.#splitter = splitter
    this.#sink = sink
  }

  /** Adds the record that the framer stands at; a run that it does not fit is flushed first. */
  addRecord(framer: RecordFramer): void {
    if (framer.padded || this.#mayBeWide(framer)) return this.#addAlone(framer)
    if (this.#starts.length === 0) this.#separator = framer.lineEnd || '\n'
    else if (!this.#fits(framer)) {
      this.flush()
      this.#separator = framer.lineEnd || '\n'
    }
    if (framer.quoted) this.#quoted = true
    this.#push(framer)
  }

  /** Adds the blank line that the framer stands at, or ends the run if it does not fit. */
  addBlank(framer: RecordFramer): void {
    if (this.#starts.length === 0) return
    if (!this.#fits(framer)) return this.flush()
    this.#blanks.push(this.#starts.length)
    this.#push(framer)
  }

  /** Hands over all records of the run; the window's bytes before its end are then no longer needed. */
  flush(): void {
    const count = this.#starts.length
    if (count === 0) return
    const bytes = this.#bytesOf(0, count)
    const ascii = isAscii(bytes)
    if ((ascii || isUtf8(bytes)) && !bytes.includes(0)) this.#split(0, count, ascii)
    else this.#splitAroundFaults(count)
    this.#starts = []
    this.#contentEnds = []
    this.#blanks = []
    this.#quoted = false
  }

  /** A record with more cells than are split is longer than so many bytes: nearly none is. */
  #mayBeWide({ start, contentEnd }: RecordFramer): boolean {
    return (
      contentEnd - start >= this.#splitter.maxCells && this.#splitter.mayBeWide(this.#window.view(start, contentEnd))
    )
  }

  #fits(framer: RecordFramer): boolean {
    // Between records that do not touch stands a byte order mark.
    return framer.start === this.#end && (framer.lineEnd === this.#separator || framer.lineEnd === '')
  }

  /** A record that is split by itself. */
  #addAlone({ start, contentEnd }: RecordFramer): void {
    this.flush()
    const bytes = this.#window.view(start, contentEnd)
    const fault = findFault(bytes)
    if (fault !== undefined) this.#sink.addUnreadable(bytes.toString('utf8'), fault)
    else this.#sink.addRecords([this.#splitter.splitAlone(this.#splitter.dropEmptyTail(bytes).toString('utf8'))])
  }

  #push(framer: RecordFramer): void {
    this.#starts.push(framer.start)
    this.#contentEnds.push(framer.contentEnd)
    this.#end = framer.next
  }

  /** Some record holds bytes that are no text: finds which, and splits what stands between them. */
  #splitAroundFaults(count: number): void {
    let first = 0
    for (let index = 0; index < count; index++) {
      const bytes = this.#window.view(this.#starts[index] as number, this.#contentEnds[index] as number)
      const fault = findFault(bytes)
      if (fault === undefined) continue
      if (index > first) this.#split(first, index, false)
      this.#sink.addUnreadable(bytes.toString('utf8'), fault)
      first = index + 1
    }
    if (count > first) this.#split(first, count, false)
  }

  #split(from: number, to: number, ascii: boolean): void {
    const bytes = this.#bytesOf(from, to)
    let text = bytes.toString(ascii ? 'latin1' : 'utf8')
    const isUnended = to === this.#starts.length && this.#end === this.#contentEnds[to - 1]
    if (isUnended) text += this.#separator
    const rows = this.#splitter.split(text, this.#separator, this.#quoted, to - from)
    this.#sink.addRecords(this.#blanks.length === 0 ? rows : this.#withoutBlanks(rows, from))
  }

  #withoutBlanks(rows: string[][], from: number): string[][] {
    const blanks = new Set(this.#blanks)
    return rows.filter((_, index) => !blanks.has(from + index))
  }

  #bytesOf(from: number, to: number): Buffer {
    const end = to === this.#starts.length ? this.#end : (this.#starts[to] as number)
    return this.#window.view(this.#starts[from] as number, end)
  }
}

function findFault(bytes: Uint8Array): RecordFault | undefined {
  return !isUtf8(bytes) ? 'not_utf8' : bytes.includes(0) ? 'nul_byte' : undefined
}
