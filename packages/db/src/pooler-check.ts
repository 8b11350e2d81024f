import { randomUUID } from 'node:crypto'

import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'
import { UnavailableError } from '@importer/contracts'

/** The database answers by way of a pooler that gives a session to one transaction after the other. The message says what to do. */
export class TransactionPoolerError extends UnavailableError {
  override readonly name = 'TransactionPoolerError'

  constructor() {
    super(
      'DATABASE_UNAVAILABLE',
      'DATABASE_URL leads to a pooler in transaction mode, which gives the sessions of PostgreSQL to others between two transactions: ' +
        'locks and timeouts would stay with them; set its pool mode to session, or connect directly',
    )
  }
}

const REQUEST_TIMEOUT_MS = 5_000
/**
 * Behind one address there may be several poolers, each with sessions of its own: of so many connections two meet in one of them, where
 * there are fewer than that. docs/operations.md counts these connections.
 */
const CONNECTIONS = 8

/**
 * Gives {@link requireOwnSessions} for a process that goes on: once it is fulfilled after it was not, connections of before are
 * used no more. What they had set is in sessions of others, and they may be given any session now.
 */
export function createPoolerCheck(databaseUrl: string): () => Promise<void> {
  let running: Promise<void> | undefined
  let wasShared = false

  async function check(): Promise<void> {
    try {
      await requireOwnSessions(databaseUrl)
    } catch (error) {
      wasShared ||= error instanceof TransactionPoolerError
      throw error
    }
    if (wasShared) openClient(databaseUrl).discardConnections()
    wasShared = false
  }

  // It costs connections: however many ask at once, one check runs.
  return async () => {
    running ??= check().finally(() => {
      running = undefined
    })
    await running
  }
}

/**
 * Throws a TransactionPoolerError where connections to the database have no sessions of their own, and what the connection throws
 * where it does not answer.
 */
export async function requireOwnSessions(databaseUrl: string): Promise<void> {
  const clients: BoundedClient[] = []
  try {
    while (clients.length < CONNECTIONS) {
      const client = openClient(databaseUrl)
      await client.connect()
      clients.push(client)
    }
    if (await shareSessions(clients)) throw new TransactionPoolerError()
  } finally {
    await Promise.all(clients.map(async (client) => client.end()))
  }
}

interface Look {
  readonly pid: number
  readonly query: string
}

/**
 * Each connection looks which session it is in, twice, the second time in the opposite order: a pooler may give its sessions out by
 * turns. A connection that has its own session finds the same one, which no other has; and the last query in it, as another
 * connection sees it, is its own, however long ago that was.
 */
async function shareSessions(clients: readonly BoundedClient[]): Promise<boolean> {
  const first: Look[] = []
  for (const client of clients) first.push(await look(client))
  if (new Set(first.map(({ pid }) => pid)).size < clients.length) return true
  const second: Look[] = []
  for (const client of clients.toReversed()) second.unshift(await look(client))
  if (second.some(({ pid }, index) => pid !== first[index]?.pid)) return true
  const [observer] = clients
  return observer === undefined || areUsedByOthers(observer, second.slice(1))
}

async function look(client: BoundedClient): Promise<Look> {
  const query = `SELECT pg_backend_pid() AS pid /* ${randomUUID()} */`
  const { rows } = await client.query<{ pid: number }>(query)
  const [session] = rows
  if (session === undefined) throw new Error('the database did not name the session of a connection')
  return { pid: session.pid, query }
}

async function areUsedByOthers(observer: BoundedClient, looks: readonly Look[]): Promise<boolean> {
  // Where a server does not track queries, they are empty.
  const { rows } = await observer.query(
    `SELECT FROM pg_stat_activity session JOIN unnest($1::int[], $2::text[]) AS own (pid, query) USING (pid)
     WHERE pid = pg_backend_pid() OR session.query NOT IN ('', own.query)`,
    [looks.map(({ pid }) => pid), looks.map(({ query }) => query)],
  )
  return rows.length > 0
}

function openClient(databaseUrl: string): BoundedClient {
  return new BoundedClient({
    ...POSTGRES_CONNECTION,
    connectionString: databaseUrl,
    application_name: 'pooler-check',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  })
}
