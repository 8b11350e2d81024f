/** A connection, as far as others to the same server are concerned. */
export interface OpenConnection {
  /** When it was made, as `performance.now()` gives it. */
  readonly madeAt: number
  /** Ends it as soon as nobody waits for an answer or is amid a transaction: now, or later. */
  discardWhenIdle(): void
}

/** Of this process, by server. */
const open = new Map<string, Set<OpenConnection>>()

/** Gives how to forget it once it has ended. */
export function rememberConnection(server: string, connection: OpenConnection): () => void {
  const toServer = open.get(server) ?? new Set()
  open.set(server, toServer.add(connection))
  return () => {
    toServer.delete(connection)
    if (toServer.size === 0 && open.get(server) === toServer) open.delete(server)
  }
}

/**
 * A request that was sent to this server at `time` had no answer within its limit. Connections that were made before are
 * hardly better than its own, and each would cost whoever takes it next the same wait: they are used no more.
 */
export function distrustConnections(server: string, time: number): void {
  for (const connection of open.get(server) ?? []) if (connection.madeAt < time) connection.discardWhenIdle()
}
