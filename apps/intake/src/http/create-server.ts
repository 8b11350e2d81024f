import { createServer, type RequestListener, type Server } from 'node:http'

import { createDrain, type Drain } from './drain.ts'
import { oneAtATime } from './one-at-a-time.ts'

/** A connection on which nothing moves in either direction for so long is closed. */
export const SOCKET_IDLE_MS = 60_000

/**
 * The HTTP server around the app. A request may take as long as its body keeps coming (multi-gigabyte uploads), but its
 * head may not; whoever reads a body limits the time that it stands still. While it drains, each answer ends its connection.
 */
export function createIntakeServer(app: RequestListener, drain: Drain = createDrain()): Server {
  const { onConnection, onRequest } = oneAtATime(app, drain)
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: 20_000,
      // Longer than the usual 60 s of a proxy in front, so that it is the proxy who closes.
      keepAliveTimeout: 65_000,
    },
    onRequest,
  )
  server.setTimeout(SOCKET_IDLE_MS)
  server.on('connection', onConnection)
  // Without a listener Node asks for the body before anybody has looked at the head.
  server.on('checkContinue', onRequest)
  return server
}
