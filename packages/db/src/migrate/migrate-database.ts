import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'
import { UnavailableError } from '@importer/contracts'

import { requireOwnSessions } from '../pooler-check.ts'
import { sqlStateOf } from '../database-errors.ts'
import { scopeStatements } from '../row-security/scope.ts'
import { checkAppRole, grantRights, MIGRATION_LOCK } from './grant-rights.ts'
import { readMigrations, type Migration } from './migrations-folder.ts'

/** As Prisma makes it. */
const CREATE_TABLE = `
CREATE TABLE "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const DEADLOCK_DETECTED = '40P01'
const LOCK_NOT_AVAILABLE = '55P03'
/**
 * Longer than a batch takes, and than PostgreSQL waits before it looks for a deadlock: while a migration waits for one table, all
 * wait for those that it has locked already.
 */
const LOCK_TIMEOUT = '2s'
const MOST_ATTEMPTS = 20
const MOST_PAUSE_MS = 5_000

export interface MigrateOptions {
  /** The role of intake and worker where it is another one than that of the URL: gets its rights, also on what is there already. */
  readonly appRole?: string | undefined
  /** Those of this version by default. */
  readonly migrations?: readonly Migration[]
  /** Waits after so many attempts at one migration that met a lock; by default ever longer. */
  readonly pause?: (attempts: number) => Promise<void>
}

/** Of 1 to 5 s: those that waited for what the migration had locked get through before it begins again. */
async function pauseForOthers(attempts: number): Promise<void> {
  await delay(Math.min(attempts * 1_000, MOST_PAUSE_MS))
}

/**
 * Brings a database to the newest schema, under a lock, and says which migrations it applied. Writes `_prisma_migrations` as
 * `prisma migrate deploy` does, so either may be used on the same database. Where nothing is to be done, a role that may only read
 * finds that out.
 *
 * A migration and its record are one transaction: it is applied and recorded, or it never was, whenever the process is
 * killed. One that is begun and not finished is of an older version, or of Prisma's own command, that was interrupted
 * before its transaction ended: nothing of it is there, and it is applied again. So is one that has to wait for long, or meets a deadlock,
 * with a version that runs meanwhile: 20 times within two minutes, as a dump of the database holds it up to its end.
 *
 * `warning` says what is unwise about the role of the app, and what to do.
 *
 * Throws an UnavailableError where the database is away, or behind a pooler in transaction mode, which would keep the lock; and
 * an Error that names the migration that failed, what is wrong with the role of the app or, where the database is somebody else's,
 * a table of theirs.
 */
export async function migrateDatabase(
  databaseUrl: string,
  { appRole, migrations, pause = pauseForOthers }: MigrateOptions = {},
): Promise<{ applied: string[]; warning: string | undefined }> {
  await requireOwnSessions(databaseUrl)
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    // A migration that changes rows changes those of every organization.
    for (const { text, values } of scopeStatements({ kind: 'system' }, { isLocal: false })) {
      await client.query(text, [...values])
    }
    const warning = appRole === undefined ? undefined : await checkAppRole(client, appRole)
    const known = new Set(await listApplied(client))
    if (appRole !== undefined) await grantOwnSchema(client, appRole)
    const missing = (migrations ?? (await readMigrations())).filter(({ name }) => !known.has(name))
    for (const migration of missing) await applyMigration(client, migration, { appRole, pause })
    return { applied: missing.map(({ name }) => name), warning }
  } finally {
    await client.end()
  }
}

async function grantOwnSchema(client: BoundedClient, role: string): Promise<void> {
  const { rows } = await client.query<{ schema: string }>('SELECT current_schema() AS schema')
  for (const { schema } of rows) await grantRights(client, { role, schema })
}

async function listApplied(client: BoundedClient): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename`,
  )
  if (!tables.some(({ name }) => name === '_prisma_migrations')) {
    const [table] = tables
    if (table !== undefined) {
      throw new Error(
        `the database has tables, such as ${table.name}, and none that records migrations; expected an empty database, or one that this importer has migrated`,
      )
    }
    await client.query(CREATE_TABLE)
  }
  const { rows } = await client.query<{ name: string; isFinished: boolean }>(
    `SELECT migration_name AS name, finished_at IS NOT NULL AS "isFinished" FROM "_prisma_migrations" WHERE rolled_back_at IS NULL`,
  )
  if (rows.some(({ isFinished }) => !isFinished)) {
    await client.query(
      `UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
    )
  }
  return rows.filter(({ isFinished }) => isFinished).map(({ name }) => name)
}

async function applyMigration(
  client: BoundedClient,
  { name, script }: Migration,
  { appRole, pause }: Omit<Required<MigrateOptions>, 'migrations'>,
): Promise<void> {
  const checksum = createHash('sha256').update(script).digest('hex')
  for (let attempt = 1; ; attempt += 1) {
    try {
      await applyInTransaction(client, { name, script, checksum }, appRole)
      return
    } catch (error) {
      const state = sqlStateOf(error)
      const isInTheWay = state === DEADLOCK_DETECTED || state === LOCK_NOT_AVAILABLE
      if (!(error instanceof Error) || (error instanceof UnavailableError && !isInTheWay)) throw error
      await client.query('ROLLBACK')
      // A running version holds locks on the same tables, maybe in another order: it goes on, and this begins again.
      if (isInTheWay && attempt < MOST_ATTEMPTS) {
        await pause(attempt)
        continue
      }
      throw new Error(`the migration ${name} could not be applied: ${error.message}`, { cause: error })
    }
  }
}

async function applyInTransaction(
  client: BoundedClient,
  { name, script, checksum }: Migration & { readonly checksum: string },
  appRole: string | undefined,
): Promise<void> {
  await client.query('BEGIN')
  await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`)
  await client.query(script)
  // In the same transaction: a trigger may write into a new table for a version that runs already.
  if (appRole !== undefined) await grantOwnSchema(client, appRole)
  await client.query(
    `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [randomUUID(), checksum, name],
  )
  await client.query('COMMIT')
}
