import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Tells a client that waits for it (`Expect: 100-continue`) to send the body. Called by whoever is about to read it, and
 * only once everything in the head has been found good.
 */
export function acceptBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined && !response.headersSent) response.writeContinue()
}
