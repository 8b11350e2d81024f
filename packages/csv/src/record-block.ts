import type { RecordFault } from './record-framer.ts'

/**
 * Consecutive records in columns. Every block has arrays of its own. What carries no row is already dropped: blank lines,
 * records of which every cell is empty, records equal to the header; a block may have nothing else, and no record then.
 * A record ends where the next one starts, or at `endOffset`, what was dropped between them included.
 */
export interface RecordBlock {
  /**
   * Per record its cells, as written: not trimmed. The 8,192nd holds all that stands behind it, too, unsplit. A record that cannot be read has one: its text, with U+FFFD for bytes
   * that are no UTF-8. That is the first physical line, cut at 1 MiB, where quoting or length is at fault, and the
   * whole record where its bytes are.
   */
  readonly cells: string[][]
  /** Position in the block of each record that cannot be read, and why. */
  readonly faults: ReadonlyMap<number, RecordFault>
  /** Per record the byte offset in the file at which it starts. */
  readonly offsets: number[]
  /** Per record the physical line on which it starts, from 1. */
  readonly lines: number[]
  /** Byte offset just past what was read: reading can be resumed there. */
  readonly endOffset: number
  /** The physical line that starts there. */
  readonly endLine: number
}
