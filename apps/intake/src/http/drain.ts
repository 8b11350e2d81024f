import type { ServerResponse } from 'node:http'

/** The time in which clients and load balancers go elsewhere before a server closes. */
export interface Drain {
  /** From now on each answer whose head has not gone out yet is the last one of its connection. */
  begin(): void
  /** For each answer, before its head goes out. */
  track(response: ServerResponse): void
  /** The answer is over. */
  release(response: ServerResponse): void
}

/**
 * A connection that a server closes while a client sends the next request on it loses that request, and the client cannot know
 * whether it was carried out. So the server announces the end: `Connection: close` (RFC 9112, 9.6).
 */
export function createDrain(): Drain {
  let hasBegun = false
  const open = new Set<ServerResponse>()
  return {
    begin() {
      hasBegun = true
      for (const response of open) announceEnd(response)
      open.clear()
    },
    track(response) {
      if (hasBegun) {
        announceEnd(response)
        return
      }
      open.add(response)
    },
    release(response) {
      open.delete(response)
    },
  }
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}
