import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'

import { markAnswered } from './track-requests.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string
  /** In UTF-8. */
  readonly body: string | Uint8Array
}

/** How long the rest of an upload is read and dropped after it was refused; as nginx does by default. */
const LINGER_TOTAL_MS = 30_000
const LINGER_IDLE_MS = 5_000

/**
 * Sends a complete answer, also while the client is still sending its body.
 *
 * To close a socket with unread bytes in it resets the connection, and the reset can overtake the answer. So the whole
 * answer goes out first, with a length and `Connection: close`; then the rest of the upload is read and dropped for a
 * bounded time; only then is the response ended, which closes the connection.
 */
export async function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  // As a string it leaves in one write together with the head.
  const { body } = answer
  response.statusCode = answer.status
  response.setHeader('Content-Type', answer.contentType)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  if (!hasBody(request) || request.complete) {
    request.resume()
    response.end(body)
    return
  }
  // A small body that came together with its head has been parsed one turn later.
  await setImmediate()
  request.resume()
  if (request.complete || request.socket.readableEnded) {
    response.end(body)
    return
  }
  response.setHeader('Connection', 'close')
  response.write(body)
  markAnswered(response)
  await dropBody(request)
  response.end()
}

/** Reads and drops what the client sends, until it ends, goes away, pauses or has had its time. */
function dropBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const total = setTimeout(finish, LINGER_TOTAL_MS)
    const idle = setTimeout(finish, LINGER_IDLE_MS)
    const onData = (): void => {
      idle.refresh()
    }
    request.on('data', onData).once('end', finish).once('close', finish)
    // The request emits no event more of a body that Node cannot parse.
    request.socket.once('end', finish)

    function finish(): void {
      clearTimeout(total)
      clearTimeout(idle)
      request.off('data', onData).off('end', finish).off('close', finish)
      request.socket.off('end', finish)
      resolve()
    }
  })
}

/** Whether the request's head announces a body. */
function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}
