import { IncomingMessage, maxHeaderSize, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { ApiError } from './api-error.ts'
import { markAnswered } from './track-requests.ts'

/** How long a connection stays open for what its client still sends: closed at once, it would be reset, and the answer lost. */
const LINGER_MS = 5_000

/** What Node could not read of a connection (its event `clientError`), in words for the client; null: the connection broke. */
export function describeUnreadable(error: Error): ApiError | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const message = 'the line and the headers of the request did not arrive in time; send the request again'
    return new ApiError(408, [{ code: 'REQUEST_TIMEOUT', field: 'request', message }])
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message =
      `the address and the headers have more than ${maxHeaderSize} bytes together; ` +
      'shorten the address, or leave out cookies and headers that nobody needs'
    return new ApiError(431, [{ code: 'HEADERS_TOO_LARGE', field: 'headers', message }])
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    const message = 'the chunk extensions of the body are too large; expected chunks without extensions'
    return new ApiError(413, [{ code: 'PAYLOAD_TOO_LARGE', field: 'body', message }])
  }
  if (code === 'HPE_INVALID_EOF_STATE') return malformed('the connection was ended before the request was complete')
  if (!code.startsWith('HPE_')) return null
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason.toLowerCase() : code
  return malformed(`what was sent is not HTTP that can be read (${reason})`)
}

function malformed(what: string): ApiError {
  const message = `${what}; expected a whole request of HTTP/1.1`
  return new ApiError(400, [{ code: 'MALFORMED_REQUEST', field: 'request', message }])
}

/**
 * A request and its response for a connection on which none could be read. The answer ends the connection: half of it at
 * first, so that the client can read.
 */
export function openRefusal(socket: Socket): readonly [IncomingMessage, ServerResponse] {
  const request = new IncomingMessage(socket)
  request.method = 'unknown'
  const response = new ServerResponse(request)
  response.assignSocket(socket)
  response.once('finish', () => {
    markAnswered(response)
    socket.end()
    const linger = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(linger))
  })
  return [request, response]
}
