import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const LOWEST = 15_000
const HIGHEST = 32_700
const ATTEMPTS = 200

/**
 * A port of the loopback interface that nobody listens on. Below the range from which the system gives ports to
 * outgoing connections: else a client that tries to reconnect while the server is away could be given the very port it
 * wants to reach, connect to itself, and keep the server from coming back.
 */
export async function chooseFreePort(): Promise<number> {
  const highest = Math.min(HIGHEST, readLowestEphemeralPort() - 1)
  const lowest = Math.min(LOWEST, Math.max(1024, highest - 10_000))
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (await isPortFree(port, '127.0.0.1')) return port
  }
  throw new Error(`no free port between ${lowest} and ${highest} for the embedded PostgreSQL; set DATABASE_URL`)
}

/** Whether a server could listen there now. Throws when the host is none of this machine's. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host, exclusive: true }, resolve)
    })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  } finally {
    server.close()
  }
}

function readLowestEphemeralPort(): number {
  if (process.platform !== 'linux') return 49_152
  return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10)
}
