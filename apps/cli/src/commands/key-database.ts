import type * as db from '@importer/db'

import type { Session } from '../framework/session.ts'
import { untilAborted } from '../framework/until-aborted.ts'

type Db = typeof db
type Act<Result> = (database: db.Database, functions: Db) => Promise<Result>

/**
 * Hands the database to `act`: the one of DATABASE_URL, or the embedded one of DATA_DIR. If nobody runs that one it is
 * started for the moment. Its schema is brought up to date first, so that keys can be made before the first `npm start`.
 */
export async function withKeyDatabase<Result>(session: Session, act: Act<Result>): Promise<Result> {
  const { terminal, signal, notify } = session
  const use = async (database: KeyDatabase): Promise<Result> =>
    untilAborted(signal, useDatabase(session, database, act))
  const { env } = terminal
  if (env.DATABASE_URL !== undefined) {
    return use({ url: env.DATABASE_URL, ownerUrl: env.DATABASE_URL, appRole: env.DATABASE_APP_ROLE })
  }
  // It takes a while to load, and the other commands do without it.
  const { APP_ROLE, findEmbeddedPostgres, startEmbeddedPostgres } = await import('@importer/embedded-postgres')
  const found = findEmbeddedPostgres({ dataDir: env.DATA_DIR })
  if (found !== null) return use({ ...found, appRole: APP_ROLE })
  const postgres = await startEmbeddedPostgres({
    dataDir: env.DATA_DIR,
    log: notify,
    signal,
  })
  try {
    return await use({ ...postgres, appRole: APP_ROLE })
  } finally {
    await postgres.stop()
  }
}

interface KeyDatabase {
  readonly url: string
  readonly ownerUrl: string
  /** The role of intake and worker where it is another one than the owner: gets its rights from the owner. */
  readonly appRole: string | undefined
}

async function useDatabase<Result>(
  session: Session,
  { url, ownerUrl, appRole }: KeyDatabase,
  act: Act<Result>,
): Promise<Result> {
  // Prisma takes a while to load, and the other commands do without it.
  const functions = await import('@importer/db')
  // In the environment of intake and worker the address is that of the role itself, which finds everything migrated.
  const isOwner = appRole !== undefined && (await functions.mayMigrate(ownerUrl))
  session.signal.throwIfAborted()
  await functions.migrateDatabase(ownerUrl, { appRole: isOwner ? appRole : undefined })
  // A command that its user has ended makes nothing more.
  session.signal.throwIfAborted()
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
