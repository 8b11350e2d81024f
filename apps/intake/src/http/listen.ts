import { once } from 'node:events'
import type { Server } from 'node:http'
import { setTimeout } from 'node:timers/promises'

const RETRY_FOR_MS = 5_000
const RETRY_EVERY_MS = 100

export interface ListenOptions {
  readonly port: number
  readonly host?: string | undefined
  readonly retryForMs?: number
}

/**
 * Listens, and resolves once the server does. A predecessor that was just killed may hold the port for a moment, so a
 * port in use is tried again for up to 5 s; then its error is thrown.
 */
export async function listen(server: Server, { port, host, retryForMs = RETRY_FOR_MS }: ListenOptions): Promise<void> {
  const giveUpAt = Date.now() + retryForMs
  for (;;) {
    try {
      await listenOnce(server, port, host)
      return
    } catch (error) {
      const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!inUse || Date.now() >= giveUpAt) throw error
      await setTimeout(RETRY_EVERY_MS)
    }
  }
}

/** Rejects with the server's error, should it have one instead. */
async function listenOnce(server: Server, port: number, host: string | undefined): Promise<void> {
  server.listen(host === undefined ? { port } : { port, host })
  await once(server, 'listening')
}
