import { ByteWindow } from './byte-window.ts'
import { CellSplitter } from './cell-splitter.ts'
import { requireDelimiter } from './delimiter.ts'
import type { RecordBlock } from './record-block.ts'
import { RecordFramer, type RecordFault } from './record-framer.ts'
import { RecordRun, type RecordSink } from './record-run.ts'
import { isEmptyRecord, trimCell } from './unseen.ts'

/** How much of the file a record may take, a block takes, and is collected before it is looked at. */
export interface ReadSizes {
  readonly recordBytes: number
  /** What stands behind so many cells stays in the last of them, as it is: a record of 1 MiB could have a million. */
  readonly recordCells: number
  readonly blockBytes: number
  /** A block is cut at once: of the shortest records 128 KiB hold 30,000. */
  readonly blockRecords: number
  readonly stepBytes: number
}

export const READ_SIZES: ReadSizes = {
  recordBytes: 2 ** 20,
  recordCells: 8_192,
  blockBytes: 128 * 1024,
  blockRecords: 2_048,
  stepBytes: 64 * 1024,
}

/** Where in a file reading starts. */
export interface ReadPosition {
  readonly byteOffset: number
  readonly line: number
}

export const FILE_START: ReadPosition = { byteOffset: 0, line: 1 }

/**
 * Reads records without waiting for anything: bytes are pushed, blocks are taken.
 *
 * Where blocks end depends on the file alone, not on how it was cut into pieces.
 */
export class BlockReader implements RecordSink {
  readonly #window: ByteWindow
  readonly #framer: RecordFramer
  readonly #run: RecordRun
  readonly #sizes: ReadSizes
  #seenTo: number
  #ended = false
  #cells: string[][] = []
  #faults = new Map<number, RecordFault>()
  #offsets: number[] = []
  #lines: number[] = []
  #blockStart: number

  readonly #header: readonly string[] | undefined

  /**
   * @param header the file's own: records that equal it carry no row
   * @param recordsAreLines whether a record counts as one line, however many line ends are in its cells
   * @throws RangeError when the delimiter is none
   */
  constructor(
    delimiter: string,
    from: ReadPosition,
    sizes: ReadSizes,
    {
      header,
      recordsAreLines = false,
    }: { header?: readonly string[] | undefined; recordsAreLines?: boolean | undefined } = {},
  ) {
    requireDelimiter(delimiter)
    this.#sizes = sizes
    this.#header = header?.map(trimCell)
    this.#window = new ByteWindow(from.byteOffset, 4 * sizes.stepBytes)
    this.#framer = new RecordFramer(this.#window, delimiter.charCodeAt(0), sizes.recordBytes, from, recordsAreLines)
    this.#run = new RecordRun(this.#window, new CellSplitter(delimiter, sizes.recordCells), this)
    this.#seenTo = this.#blockStart = from.byteOffset
  }

  /** What reading has cost so far: bytes looked at, and bytes of memory for what is not yet read. */
  get cost(): { readonly scannedBytes: number; readonly heldBytes: number } {
    return { scannedBytes: this.#framer.scannedBytes, heldBytes: this.#window.bytes.length }
  }

  /** Takes the bytes that follow; they are copied. Take all blocks before the next push. */
  push(piece: Uint8Array): void {
    this.#window.append(piece)
  }

  /** Says that no more bytes follow. */
  finish(): void {
    this.#ended = true
    this.#framer.finish()
  }

  /** The next block, or undefined when there is none until more is pushed. */
  take(): RecordBlock | undefined {
    // Bytes that arrive in crumbs are first gathered: work per piece must not exceed work per byte.
    if (!this.#ended && this.#window.end - this.#seenTo < this.#sizes.stepBytes) return undefined
    for (;;) {
      const frame = this.#framer.advance()
      if (frame === 'more' || frame === 'end') {
        this.#run.flush()
        this.#window.release(this.#framer.neededFrom)
        this.#seenTo = this.#window.end
        return frame === 'end' && this.#framer.next > this.#blockStart ? this.#closeBlock() : undefined
      }
      if (frame === 'blank') this.#run.addBlank(this.#framer)
      else {
        if (frame === 'record') this.#run.addRecord(this.#framer)
        else {
          this.#run.flush()
          this.addUnreadable(this.#framer.raw, this.#framer.fault)
        }
        this.#offsets.push(this.#framer.start)
        this.#lines.push(this.#framer.line)
      }
      if (
        this.#framer.next - this.#blockStart >= this.#sizes.blockBytes ||
        this.#offsets.length >= this.#sizes.blockRecords
      ) {
        this.#run.flush()
        this.#window.release(this.#framer.neededFrom)
        return this.#closeBlock()
      }
    }
  }

  addRecords(rows: string[][]): void {
    for (const row of rows) this.#cells.push(row)
  }

  addUnreadable(raw: string, fault: RecordFault): void {
    this.#faults.set(this.#cells.length, fault)
    this.#cells.push([raw])
  }

  #closeBlock(): RecordBlock {
    this.#dropRecordsWithoutRow()
    const block: RecordBlock = {
      cells: this.#cells,
      faults: this.#faults,
      offsets: this.#offsets,
      lines: this.#lines,
      endOffset: this.#framer.next,
      endLine: this.#framer.nextLine,
    }
    this.#cells = []
    this.#faults = new Map()
    this.#offsets = []
    this.#lines = []
    this.#blockStart = this.#framer.next
    return block
  }

  /** Nearly every block has none: then its arrays stay as they are. */
  #dropRecordsWithoutRow(): void {
    const cells = this.#cells
    const carriesRow = (record: readonly string[], index: number): boolean =>
      !(isEmptyRecord(record) || this.#equalsHeader(record)) || this.#faults.has(index)
    if (cells.every(carriesRow)) return
    const kept = cells.flatMap((record, index) => (carriesRow(record, index) ? [index] : []))
    const positions = new Map(kept.map((index, position) => [index, position]))
    this.#cells = kept.map((index) => cells[index] ?? [])
    this.#offsets = kept.map((index) => this.#offsets[index] ?? 0)
    this.#lines = kept.map((index) => this.#lines[index] ?? 0)
    this.#faults = new Map([...this.#faults].map(([index, fault]) => [positions.get(index) ?? 0, fault]))
  }

  #equalsHeader(record: readonly string[]): boolean {
    const header = this.#header
    return (
      header !== undefined &&
      header.length === record.length &&
      header.every((cell, index) => cell === trimCell(record[index] ?? ''))
    )
  }
}
