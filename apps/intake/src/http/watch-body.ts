import type { IncomingMessage } from 'node:http'
import { Transform } from 'node:stream'

import { ApiError, ClientGoneError, payloadTooLarge } from './api-error.ts'

interface BodyLimits {
  readonly maxBytes: number
  /** A body that stands still for so long is given up. */
  readonly idleTimeoutMs: number
}

/** More than one read of a socket, so that each chunk does not pause it. */
const BUFFER_BYTES = 256 * 1024

/**
 * The request's body as a stream of its own, which fails with {@link ApiError} when it grows too long (413) or stands
 * still (408), and with {@link ClientGoneError} when the client goes away half-way.
 *
 * Destroying it leaves the request and its socket alive, so that an answer can still be sent.
 */
export function watchBody(request: IncomingMessage, { maxBytes, idleTimeoutMs }: BodyLimits): Transform {
  let bytes = 0
  const body = new Transform({
    readableHighWaterMark: BUFFER_BYTES,
    writableHighWaterMark: BUFFER_BYTES,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      idle.refresh()
      if (bytes > maxBytes) done(payloadTooLarge(maxBytes, 'request'))
      else done(null, chunk)
    },
  })
  const idle = setTimeout(() => {
    // With bytes still waiting in here it is we who are slow, not the client.
    if (body.readableLength > 0 || body.writableLength > 0) idle.refresh()
    else body.destroy(bodyTimeout(idleTimeoutMs))
  }, idleTimeoutMs)
  const onRequestClosed = (): void => {
    if (!request.complete) body.destroy(new ClientGoneError())
  }

  // From here on the idle timer above watches the socket; the server's own would also count the time in which a
  // complete file is synced.
  request.socket.setTimeout(0)
  request.once('close', onRequestClosed)
  body.once('end', () => clearTimeout(idle))
  body.once('close', () => {
    clearTimeout(idle)
    request.off('close', onRequestClosed)
    request.unpipe(body)
  })
  if (request.destroyed) onRequestClosed()
  request.pipe(body)
  return body
}

function bodyTimeout(idleTimeoutMs: number): ApiError {
  return new ApiError(408, [
    {
      code: 'REQUEST_TIMEOUT',
      field: 'body',
      message: `the request's body stood still for ${idleTimeoutMs / 1000} seconds; expected it to go on`,
    },
  ])
}
