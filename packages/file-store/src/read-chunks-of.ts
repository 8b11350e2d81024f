import type { Readable } from 'node:stream'

/**
 * The chunks of a stream. It fails as the stream does, also when the stream is cut off without an error. When the reader
 * stops early the stream is left as it is, neither read on nor destroyed.
 */
export function readChunksOf(stream: Readable): AsyncIterable<Buffer> {
  // An error may come before the first chunk is asked for, or after the reader has stopped: the first is kept by the
  // stream and thrown to the reader, the second concerns nobody; neither may end the process as an unheard event.
  stream.on('error', () => undefined)
  return iterate(stream)
}

async function* iterate(stream: Readable): AsyncGenerator<Buffer> {
  for await (const piece of stream.iterator({ destroyOnReturn: false })) yield toBuffer(piece)
}

export function toBuffer(piece: unknown): Buffer {
  if (Buffer.isBuffer(piece)) return piece
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  if (typeof piece === 'string') return Buffer.from(piece)
  throw new TypeError('a file is stored from a stream of bytes')
}

/**
 * The chunks of a source, and how the source failed if it did: what goes wrong while they are stored is then the
 * storage's fault.
 */
export function trackSource(chunks: AsyncIterable<Buffer>): {
  readonly chunks: AsyncIterable<Buffer>
  readonly failure: () => { readonly error: unknown } | undefined
} {
  let failure: { readonly error: unknown } | undefined
  async function* track(): AsyncGenerator<Buffer> {
    try {
      yield* chunks
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return { chunks: track(), failure: () => failure }
}
