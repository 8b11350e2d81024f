import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'

import { createDrain, type Drain } from './drain.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { Served } from './served.ts'

/** A connection on which nothing moves in either direction for so long is closed. */
export const SOCKET_IDLE_MS = 60_000

export interface ServerOptions {
  readonly drain?: Drain
  /** Within which the head of a request is to arrive. */
  readonly headTimeoutMs?: number
}

/**
 * The HTTP server around the app. A request may take as long as its body keeps coming (multi-gigabyte uploads), but its
 * head may not; whoever reads a body limits the time that it stands still. While it drains, each answer ends its connection.
 * What Node would refuse by itself, with an empty answer, is refused by the app, too.
 */
export function createIntakeServer(
  served: Served,
  { drain = createDrain(), headTimeoutMs = 20_000 }: ServerOptions = {},
): Server {
  const { onConnection, onRequest, onUnreadable } = oneAtATime(served, drain)
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: headTimeoutMs,
      connectionsCheckingInterval: headTimeoutMs,
      // Longer than the usual 60 s of a proxy in front, so that it is the proxy who closes.
      keepAliveTimeout: 65_000,
      requireHostHeader: false,
    },
    onRequest,
  )
  server.setTimeout(SOCKET_IDLE_MS)
  server.on('connection', onConnection)
  // Without a listener Node asks for the body before anybody has looked at the head.
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('clientError', (error, socket) => onUnreadable(error, socket as Socket))
  return server
}
