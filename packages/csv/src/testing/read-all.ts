import { FILE_START, READ_SIZES, type ReadPosition, type ReadSizes } from '../block-reader.ts'
import { readRecordsBySizes } from '../read-records.ts'
import type { RecordBlock } from '../record-block.ts'
import type { NaiveRecord } from './naive-reader.ts'

/** The bytes cut into pieces of the given sizes, over and over; in one piece when there are none. */
export async function* cutIntoPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[index % sizes.length] ?? 1)
    // A copy that is spoilt afterwards: a source may use its memory again.
    const piece = Uint8Array.from(bytes.subarray(start, start + size))
    yield piece
    piece.fill(0x22)
    start += size
  }
}

export async function readBlocks(
  source: AsyncIterable<Uint8Array>,
  delimiter: string,
  sizes: ReadSizes = READ_SIZES,
  from: ReadPosition = FILE_START,
  header?: readonly string[],
): Promise<RecordBlock[]> {
  const blocks: RecordBlock[] = []
  for await (const block of readRecordsBySizes(source, { delimiter, from, header }, sizes)) blocks.push(block)
  return blocks
}

/** The records of blocks, one by one. */
export function listRecords(blocks: readonly RecordBlock[]): NaiveRecord[] {
  return blocks.flatMap((block) =>
    block.cells.map((cells, index) => ({
      cells,
      fault: block.faults.get(index),
      offset: block.offsets[index] ?? -1,
      line: block.lines[index] ?? -1,
    })),
  )
}
