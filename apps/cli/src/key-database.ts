import type * as db from '@importer/db'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '@importer/runtime'

import { tell, type Terminal } from './terminal.ts'

type Db = typeof db
type Act<Result> = (database: db.Database, functions: Db) => Promise<Result>

/**
 * Hands the database to `act`: the one of DATABASE_URL, or the embedded one of DATA_DIR. If nobody runs that one it is
 * started for the moment. Its schema is brought up to date first, so that keys can be made before the first `npm start`.
 */
export async function withKeyDatabase<Result>(terminal: Terminal, act: Act<Result>): Promise<Result> {
  const { env, signal } = terminal
  const url = env.DATABASE_URL ?? findEmbeddedPostgres({ dataDir: env.DATA_DIR })
  if (url !== null) return useDatabase(terminal, url, act)
  const postgres = await startEmbeddedPostgres({
    dataDir: env.DATA_DIR,
    log: (line) => tell(terminal, line),
    signal,
  })
  try {
    return await useDatabase(terminal, postgres.url, act)
  } finally {
    await postgres.stop()
  }
}

async function useDatabase<Result>(terminal: Terminal, url: string, act: Act<Result>): Promise<Result> {
  // Prisma takes a while to load, and the other commands do without it.
  const functions = await import('@importer/db')
  await functions.migrateDatabase(url)
  const database = functions.openDatabase({
    url,
    applicationName: 'cli',
    maxConnections: 1,
    onConnectionLost: (error) => tell(terminal, `a database connection broke: ${error.message}`),
  })
  try {
    return await act(database, functions)
  } finally {
    await database.close()
  }
}
