import { setTimeout as delay } from 'node:timers/promises'

import { chooseFreePort, isPortFree } from '@importer/embedded-postgres'

const TIMEOUT_MS = 3_000
const POLL_MS = 50

/**
 * The port to listen on: `port`, or a free one for 0. Throws, in one line, when another program listens there; one that
 * is just ending is waited for.
 */
export async function claimPort(host: string, port: number): Promise<number> {
  if (port === 0) return chooseFreePort()
  const deadline = Date.now() + TIMEOUT_MS
  while (!(await isFree(host, port))) {
    if (Date.now() > deadline) throw new Error(`PORT ${port} is in use by another program; expected a free one`)
    await delay(POLL_MS)
  }
  return port
}

async function isFree(host: string, port: number): Promise<boolean> {
  try {
    return await isPortFree(port, host)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`HOST ${host} and PORT ${port} cannot be listened on (${reason})`, { cause: error })
  }
}
