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
/** Two checks that run in step may each get one session by chance, and not so often. */
const LOOKS = 5

/**
 * Gives a check that throws a TransactionPoolerError where connections to the database have no sessions of their own, and what
 * the connection throws where it does not answer. It asks until it was answered well once: a pooler keeps its mode.
 */
export function createPoolerCheck(databaseUrl: string): () => Promise<void> {
  let passed: Promise<void> | undefined
  return async () => {
    passed ??= requireOwnSessions(databaseUrl)
    try {
      await passed
    } catch (error) {
      passed = undefined
      throw error
    }
  }
}

async function requireOwnSessions(databaseUrl: string): Promise<void> {
  if (await sharesSessions(databaseUrl)) throw new TransactionPoolerError()
}

/**
 * A connection that has its own session gets the same one each time; and the last query in it, as another connection sees it, is
 * its own, however long ago that was.
 */
async function sharesSessions(databaseUrl: string): Promise<boolean> {
  const [first, second] = [openClient(databaseUrl), openClient(databaseUrl)]
  try {
    await first.connect()
    await second.connect()
    const sessions = new Set<number>()
    for (let look = 0; look < LOOKS; look += 1) {
      const own = `SELECT pg_backend_pid() AS pid /* ${randomUUID()} */`
      const { rows } = await first.query<{ pid: number }>(own)
      const [session] = rows
      if (session === undefined) throw new Error('the database did not name the session of a connection')
      sessions.add(session.pid)
      if (await isUsedByOthers(second, session.pid, own)) return true
    }
    return sessions.size !== 1
  } finally {
    await Promise.all([first.end(), second.end()])
  }
}

async function isUsedByOthers(client: BoundedClient, pid: number, lastQuery: string): Promise<boolean> {
  // Where a server does not track queries, they are empty.
  const { rows } = await client.query<{ isUsed: boolean }>(
    `SELECT pid = pg_backend_pid() OR query NOT IN ('', $2) AS "isUsed" FROM pg_stat_activity WHERE pid = $1`,
    [pid, lastQuery],
  )
  return rows.some(({ isUsed }) => isUsed)
}

function openClient(databaseUrl: string): BoundedClient {
  return new BoundedClient({
    ...POSTGRES_CONNECTION,
    connectionString: databaseUrl,
    application_name: 'pooler-check',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  })
}
