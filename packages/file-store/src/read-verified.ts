import { crc32 } from 'node:zlib'

import { CHECKSUM_BLOCK_BYTES, checksumOf, type FileChecksums } from './block-checksums.ts'
import type { ByteRange } from './file-store.ts'
import { toBuffer } from './read-chunks-of.ts'
import { FileDamagedError } from './storage-errors.ts'

interface VerifiedRead {
  readonly key: string
  readonly expected: FileChecksums
  readonly range: ByteRange
  /** Reads the file without a check, from `start` to `end`, both included. */
  readonly read: (range: Required<ByteRange>) => AsyncIterable<unknown>
}

interface Damage {
  readonly block: number
  readonly what: string
}

/**
 * The bytes of a range of a file, each only after the block that it stands in was compared with its checksum. So at most
 * a block is held, and nothing is passed on that was not uploaded. A block that differs is read a second time, as it may
 * have been damaged on its way here; then the read fails with a FileDamagedError, as it does where the file is shorter or
 * longer than what was uploaded.
 */
export async function* readVerified(file: VerifiedRead): AsyncGenerator<Buffer> {
  const { start = 0 } = file.range
  const { bytes } = file.expected
  const first = start < bytes ? Math.floor(start / CHECKSUM_BLOCK_BYTES) : Math.ceil(bytes / CHECKSUM_BLOCK_BYTES)
  for (let from = first, suspect = -1; ;) {
    const damage: Damage | null = yield* readBlocks(file, from)
    if (damage === null) return
    if (damage.block === suspect) {
      throw new FileDamagedError(file.key, Math.min(damage.block * CHECKSUM_BLOCK_BYTES, bytes), damage.what)
    }
    suspect = damage.block
    from = damage.block
  }
}

/** Reads from the beginning of the block `from` on; stops before the first block that is not as it was uploaded. */
async function* readBlocks(
  { key, expected, range: { start = 0, end = Infinity }, read }: VerifiedRead,
  from: number,
): AsyncGenerator<Buffer, Damage | null> {
  const { bytes } = expected
  const last = Math.min(end, bytes - 1)
  const lastBlockEnd = (Math.floor(last / CHECKSUM_BLOCK_BYTES) + 1) * CHECKSUM_BLOCK_BYTES
  // Behind the last block of the file one more byte is asked for: there must not be one.
  const stop = start >= bytes ? bytes : Math.min(lastBlockEnd, bytes)
  const readTo = stop === bytes ? bytes : stop - 1
  let block = from
  // The end of the file, when what is behind it is looked at.
  let position = Math.min(from * CHECKSUM_BLOCK_BYTES, bytes)
  let checksum = 0
  let pending: Buffer[] = []
  for await (const piece of read({ start: position, end: readTo })) {
    const chunk = toBuffer(piece)
    for (let offset = 0; offset < chunk.length;) {
      if (position >= bytes) return { block, what: `it is longer than the ${bytes} bytes that were uploaded` }
      const blockEnd = Math.min((block + 1) * CHECKSUM_BLOCK_BYTES, bytes)
      const part = chunk.subarray(offset, offset + blockEnd - position)
      checksum = crc32(part, checksum)
      pending.push(part)
      offset += part.length
      position += part.length
      if (position < blockEnd) continue
      if (checksum !== checksumOf(expected, block)) {
        return { block, what: `bytes ${block * CHECKSUM_BLOCK_BYTES} to ${blockEnd - 1} are not those of the upload` }
      }
      yield* trim(pending, position, start, last)
      pending = []
      checksum = 0
      block += 1
    }
  }
  if (position < stop) {
    return { block, what: `it ends after ${position} of the ${bytes} bytes that were uploaded (${key})` }
  }
  return null
}

/** What of the pieces, which end at `end`, stands from `first` to `last`, both included. */
function* trim(pieces: readonly Buffer[], end: number, first: number, last: number): Generator<Buffer> {
  let position = end - pieces.reduce((sum, { length }) => sum + length, 0)
  for (const piece of pieces) {
    const from = Math.max(first - position, 0)
    const to = Math.min(last + 1 - position, piece.length)
    if (from < to) yield piece.subarray(from, to)
    position += piece.length
  }
}
