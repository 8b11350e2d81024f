import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { Request, Response } from 'express'

import { ClientGoneError, CutAnswerError } from './api-error.ts'
import { SOCKET_IDLE_MS } from './create-server.ts'
import { markServed, markWaitingForClient } from './waiting-for-client.ts'

/**
 * Sends what `source` gives as the body, with back-pressure. The headers must be set.
 *
 * The first piece is awaited before the head goes out, so that what fails early is still answered as an error. What
 * fails later, or ends at another length than announced, destroys the connection: a client must never take a cut answer
 * for a whole one, and this rejects with {@link CutAnswerError}. When the client goes away the source is closed, and this
 * rejects with {@link ClientGoneError}.
 *
 * While a piece is being made the connection may stand still: that is ours. While the client does not read, it may not.
 */
export async function streamAnswer(
  request: Request,
  response: Response,
  source: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  // For each stage that the answer passes.
  response.setMaxListeners(MAX_LISTENERS)
  const iterator = waitWithoutLimit(request, source[Symbol.asyncIterator]())
  const first = await iterator.next()
  if (request.method === 'HEAD') {
    await iterator.return?.()
    response.end()
    return
  }
  const announced = response.getHeader('Content-Length')
  let failure: unknown
  const pieces = noteWaits(
    response,
    noteFailure(continueWith(first, iterator, announced === undefined ? undefined : Number(announced)), (error) => {
      failure = error
    }),
  )
  try {
    // As bytes, not as objects: sixteen of those could be sixteen records of 1 MiB.
    await pipeline(Readable.from(pieces, { objectMode: false }), response)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') {
      throw new ClientGoneError()
    }
    if (error !== failure || error instanceof ClientGoneError) throw error
    throw new CutAnswerError(error)
  }
}

const MAX_LISTENERS = 20

type Piece = string | Uint8Array

function waitWithoutLimit({ socket }: Request, iterator: AsyncIterator<Piece>): AsyncIterator<Piece> {
  return {
    async next() {
      socket.setTimeout(0)
      try {
        return await iterator.next()
      } finally {
        socket.setTimeout(SOCKET_IDLE_MS)
      }
    },
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  }
}

async function* continueWith(
  first: IteratorResult<Piece>,
  iterator: AsyncIterator<Piece>,
  announcedBytes: number | undefined,
): AsyncGenerator<Piece> {
  let bytes = 0
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      if (announcedBytes !== undefined) bytes += Buffer.byteLength(next.value)
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
  if (announcedBytes !== undefined && bytes !== announcedBytes) {
    throw new Error(`an answer of ${announcedBytes} bytes was announced, and there were ${bytes}`)
  }
}

async function* noteFailure(pieces: AsyncIterable<Piece>, note: (error: unknown) => void): AsyncGenerator<Piece> {
  try {
    yield* pieces
  } catch (error) {
    note(error)
    throw error
  }
}

/** Between two pieces it is the client for whom the answer waits. */
async function* noteWaits(response: Response, pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    markWaitingForClient(response)
    yield piece
    markServed(response)
  }
}
