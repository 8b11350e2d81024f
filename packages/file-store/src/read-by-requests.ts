import { CHECKSUM_BLOCK_BYTES } from './block-checksums.ts'
import type { ByteRange } from './file-store.ts'

/** What is asked for first: a block, which is what whoever wants a single row has to compare. */
const FIRST_REQUEST_BYTES = CHECKSUM_BLOCK_BYTES
/**
 * A file is read by requests of this size rather than by one: an import takes minutes over a large file, and a server
 * hangs up on a reader that slow. Each is short enough to be sent again.
 */
export const LONGEST_REQUEST_BYTES = 4 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

export interface Piece {
  readonly bytes: Buffer
  /** There is nothing behind it. */
  readonly isEnd: boolean
}

/** Gives the bytes from `first` to `last`, both included, fewer only at the end of the file. */
export type RequestPiece = (first: number, last: number, signal: AbortSignal) => Promise<Piece>

/**
 * The bytes of a range in chunks of at most 1 MiB, by requests that double what has been read: a reader of one row costs
 * a quarter of a MiB or two, one that reads on soon gets 4 MiB at a time. From then on the next request is under way
 * while the reader works on the last one; it ends with the reader.
 */
export async function* readByRequests(
  { start = 0, end = Infinity }: ByteRange,
  request: RequestPiece,
): AsyncGenerator<Buffer> {
  const stopping = new AbortController()
  const send = (position: number): Promise<Piece> =>
    request(position, position + chooseBytes(position - start, end - position + 1) - 1, stopping.signal)
  let ahead: Promise<Piece> | undefined
  try {
    for (let position = start; position <= end;) {
      const { bytes, isEnd } = await (ahead ?? send(position))
      ahead = undefined
      position += bytes.length
      if (!isEnd && position <= end && bytes.length === LONGEST_REQUEST_BYTES) {
        ahead = send(position)
        // Its failure is thrown to whoever reads on; a reader that stops is not concerned.
        ahead.catch(() => undefined)
      }
      for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES)
      if (isEnd) return
    }
  } finally {
    stopping.abort()
  }
}

function chooseBytes(alreadyRead: number, left: number): number {
  const wanted = Math.min(Math.max(alreadyRead, FIRST_REQUEST_BYTES), LONGEST_REQUEST_BYTES)
  // A rest that is no more than what is asked for anyway is no request of its own.
  return left <= 2 * FIRST_REQUEST_BYTES ? left : Math.min(wanted, left)
}
