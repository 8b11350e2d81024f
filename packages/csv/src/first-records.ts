import { BlockReader, READ_SIZES, type ReadPosition } from './block-reader.ts'

/** A few records are wanted of a head that may have thousands: no more is cut than holds them. */
const SIZES = { ...READ_SIZES, blockBytes: 4 * 1024 }

/** A record of a file's beginning, as it is read with one delimiter. */
export interface FirstRecord extends ReadPosition {
  /** Null where it cannot be read. */
  readonly cells: readonly string[] | null
  /** Of one that cannot be read its text, else empty. */
  readonly raw: string
}

/**
 * Up to `count` records that are not empty, from the position `start` on, where `head` begins.
 *
 * @param complete whether the file ends with the head; if not, the last record may be cut and does not count
 * @param recordsAreLines whether a record counts as one line, however many line ends are in its cells
 */
export function readFirstRecords(
  head: Uint8Array,
  start: ReadPosition,
  complete: boolean,
  delimiter: string,
  count: number,
  recordsAreLines = false,
): FirstRecord[] {
  const reader = new BlockReader(delimiter, start, SIZES, { recordsAreLines })
  reader.push(head)
  // Also where the file goes on: a quote that is open to the end of the head must not hide all that is behind it.
  reader.finish()
  const records: FirstRecord[] = []
  let end = start.byteOffset
  for (let block = reader.take(); block !== undefined && records.length <= count; block = reader.take()) {
    const { cells, faults, offsets, lines } = block
    cells.forEach((row, index) => {
      const isUnreadable = faults.has(index)
      records.push({
        cells: isUnreadable ? null : row,
        raw: isUnreadable ? (row[0] ?? '') : '',
        byteOffset: offsets[index] ?? 0,
        line: lines[index] ?? 0,
      })
    })
    end = block.endOffset
  }
  const lastIsCut = !complete && end === start.byteOffset + head.length && records.length > 1
  return records.slice(0, Math.min(count, lastIsCut ? records.length - 1 : records.length))
}
