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
/** A pooler whose sessions others use just now may give each connection the same one twice by chance, and not this often. */
const LOOKS = 5

/**
 * Gives a check that throws a TransactionPoolerError where connections to the database have no sessions of their own, and what
 * the connection throws where it does not answer. It asks until it was answered well once: a pooler keeps its mode.
 */
export function createPoolerCheck(databaseUrl: string): () => Promise<void> {
  let isPassed = false
  return async () => {
    if (isPassed) return
    if (await sharesSessions(databaseUrl)) throw new TransactionPoolerError()
    isPassed = true
  }
}

/** Two connections that are open at once have one session each, always the same and never that of the other. */
async function sharesSessions(databaseUrl: string): Promise<boolean> {
  const [first, second] = [openClient(databaseUrl), openClient(databaseUrl)]
  try {
    await first.connect()
    await second.connect()
    const seen = { first: new Set<number>(), second: new Set<number>() }
    for (let look = 0; look < LOOKS; look += 1) {
      seen.first.add(await readSession(first))
      seen.second.add(await readSession(second))
    }
    return new Set([...seen.first, ...seen.second]).size !== 2 || seen.first.size !== 1
  } finally {
    await Promise.all([first.end(), second.end()])
  }
}

function openClient(databaseUrl: string): BoundedClient {
  return new BoundedClient({
    ...POSTGRES_CONNECTION,
    connectionString: databaseUrl,
    application_name: 'pooler-check',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  })
}

async function readSession(client: BoundedClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const [session] = rows
  if (session === undefined) throw new Error('the database did not name the session of a connection')
  return session.pid
}
