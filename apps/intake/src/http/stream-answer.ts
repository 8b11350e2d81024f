import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { Request, Response } from 'express'

import { ClientGoneError } from './api-error.ts'

/**
 * Sends what `source` gives as the body, with back-pressure. The headers must be set.
 *
 * The first piece is awaited before the head goes out, so that what fails early is still answered as an error. What
 * fails later destroys the connection: a client must never take a cut answer for a whole one. When the client goes away
 * the source is closed, and this rejects with {@link ClientGoneError}.
 */
export async function streamAnswer(
  request: Request,
  response: Response,
  source: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (request.method === 'HEAD') {
    await iterator.return?.()
    response.end()
    return
  }
  try {
    await pipeline(Readable.from(continueWith(first, iterator)), response)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') {
      throw new ClientGoneError()
    }
    throw error
  }
}

async function* continueWith<Piece>(
  first: IteratorResult<Piece>,
  iterator: AsyncIterator<Piece>,
): AsyncGenerator<Piece> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}
