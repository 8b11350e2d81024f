import type { Server } from 'node:http'

const CLOSE_IDLE_EVERY_MS = 50

/** Requests that had begun were cut at the end of their time. */
class RequestsCutError extends Error {
  override readonly name = 'RequestsCutError'
  constructor(count: number, afterMs: number) {
    super(`${count} requests were still under way after ${afterMs} ms and were cut; their clients have no answer`)
  }
}

/**
 * Takes no new connection, lets what is under way end for up to `graceMs`, and cuts the rest: then it rejects with a
 * RequestsCutError, unless nobody waited for an answer. A connection that is kept alive is closed as soon as nothing is under
 * way on it.
 */
export async function closeServer(server: Server, graceMs: number, countInFlight: () => number): Promise<void> {
  let cutRequests = 0
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
  const cut = setTimeout(() => {
    cutRequests = countInFlight()
    server.closeAllConnections()
  }, graceMs)
  try {
    await new Promise<void>((resolve, reject) => {
      server.close((error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
  } finally {
    clearInterval(closing)
    clearTimeout(cut)
  }
  if (cutRequests > 0) throw new RequestsCutError(cutRequests, graceMs)
}
