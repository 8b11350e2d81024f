import type * as db from '@importer/db'

import type { Session } from '../framework/session.ts'

type Db = typeof db
type Act<Result> = (database: db.Database, functions: Db) => Promise<Result>

/**
 * Hands the database to `act`: the one of DATABASE_URL, or the embedded one of DATA_DIR. If nobody runs that one it is
 * started for the moment. Its schema is brought up to date first, so that keys can be made before the first `npm start`.
 */
export async function withKeyDatabase<Result>(session: Session, act: Act<Result>): Promise<Result> {
  const { terminal, signal, notify } = session
  const { env } = terminal
  // Queue and store take a while to load, and the other commands do without them.
  const { findEmbeddedPostgres, startEmbeddedPostgres } = await import('@importer/embedded-postgres')
  const url = env.DATABASE_URL ?? findEmbeddedPostgres({ dataDir: env.DATA_DIR })
  if (url !== null) return useDatabase(session, url, act)
  const postgres = await startEmbeddedPostgres({
    dataDir: env.DATA_DIR,
    log: notify,
    signal,
  })
  try {
    return await useDatabase(session, postgres.url, act)
  } finally {
    await postgres.stop()
  }
}

async function useDatabase<Result>(session: Session, url: string, act: Act<Result>): Promise<Result> {
  // Prisma takes a while to load, and the other commands do without it.
  const functions = await import('@importer/db')
  await functions.migrateDatabase(url)
  const database = functions.openDatabase({
    url,
    applicationName: 'cli',
    maxConnections: 1,
    onConnectionLost: (error) => session.notify(`a database connection broke: ${error.message}`),
  })
  try {
    return await act(database, functions)
  } finally {
    await database.close()
  }
}
