import { BlockReader, FILE_START, READ_SIZES, type ReadPosition, type ReadSizes } from './block-reader.ts'
import type { RecordBlock } from './record-block.ts'

export interface ReadOptions {
  /** One ASCII character, no quote, line end or NUL. */
  readonly delimiter: string
  /** Where the source starts, when it does not start with the file: the end of an earlier block. */
  readonly from?: ReadPosition
  /** The cells of the file's header, where it has one: it carries no row, nor does any other record that equals it. */
  readonly header?: readonly string[] | undefined
  /** Whether a record counts as one line, however many line ends are in its cells: so the lines of a sheet are counted. */
  readonly recordsAreLines?: boolean | undefined
}

/**
 * Reads the records of a CSV file in UTF-8 as a stream, in time linear in its length and in memory of a few times the
 * longest record allowed (1 MiB), whatever the bytes are. A record that cannot be read right is one of the block's
 * `faults`, never an exception; errors of the source are passed on.
 *
 * @throws RangeError when the delimiter is none
 */
export function readRecords(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<RecordBlock, void, undefined> {
  return readRecordsBySizes(source, options, READ_SIZES)
}

/** {@link readRecords} with other sizes. */
export async function* readRecordsBySizes(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions,
  sizes: ReadSizes,
): AsyncGenerator<RecordBlock, void, undefined> {
  const reader = new BlockReader(options.delimiter, options.from ?? FILE_START, sizes, options)
  for await (const chunk of source) {
    // A chunk may be of any size; what is held at a time may not.
    for (let start = 0; start < chunk.length; start += sizes.stepBytes) {
      reader.push(chunk.subarray(start, start + sizes.stepBytes))
      yield* takeBlocks(reader)
    }
  }
  reader.finish()
  yield* takeBlocks(reader)
}

function* takeBlocks(reader: BlockReader): Generator<RecordBlock, void, undefined> {
  for (let block = reader.take(); block !== undefined; block = reader.take()) yield block
}
