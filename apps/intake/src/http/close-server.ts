import type { Server } from 'node:http'

const CLOSE_IDLE_EVERY_MS = 50

/**
 * Takes no new connection, lets what is under way end for up to `graceMs`, and cuts the rest. A connection that is kept
 * alive is closed as soon as nothing is under way on it.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
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
}
