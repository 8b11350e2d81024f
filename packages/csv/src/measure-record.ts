import { READ_SIZES, type ReadPosition } from './block-reader.ts'
import { ByteWindow } from './byte-window.ts'
import type { ReadOptions } from './read-records.ts'
import { RecordFramer } from './record-framer.ts'

/** How far a record reaches: up to but not including its line end. */
export interface RecordExtent {
  readonly endOffset: number
  /** The physical line on which it ends. */
  readonly endLine: number
}

/**
 * How far the record reaches that starts at `from`, where the source starts, too. A block has only where the next record
 * starts: blank lines and what else carries no row may stand between. Reads no more of the source than it needs.
 *
 * @throws Error where no record starts there
 */
export async function measureRecord(
  source: AsyncIterable<Uint8Array>,
  { delimiter, recordsAreLines = false }: Pick<ReadOptions, 'delimiter' | 'recordsAreLines'>,
  from: ReadPosition,
): Promise<RecordExtent> {
  const window = new ByteWindow(from.byteOffset, READ_SIZES.stepBytes)
  const framer = new RecordFramer(window, delimiter.charCodeAt(0), READ_SIZES.recordBytes, from, recordsAreLines)
  for await (const bytes of source) {
    window.append(bytes)
    const extent = advance(framer)
    if (extent !== null) return extent
    window.release(framer.neededFrom)
  }
  framer.finish()
  const extent = advance(framer)
  if (extent === null) throw new Error(`no record starts at byte ${from.byteOffset} of the file`)
  return extent
}

function advance(framer: RecordFramer): RecordExtent | null {
  const frame = framer.advance()
  if (frame !== 'record' && frame !== 'fault') return null
  return { endOffset: framer.contentEnd, endLine: framer.lineEnd === '' ? framer.nextLine : framer.nextLine - 1 }
}
