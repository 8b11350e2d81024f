import { createHash, randomUUID } from 'node:crypto'

import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'
import { UnavailableError } from '@importer/contracts'

import { createPoolerCheck } from '../pooler-check.ts'
import { readMigrations, type Migration } from './migrations-folder.ts'

/** Any fixed number: everyone who migrates takes this lock, so that several hosts may start at once. */
const MIGRATION_LOCK = 7_264_001

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

/**
 * Brings a database to the newest schema, under a lock, and says which migrations it applied. Writes `_prisma_migrations` as
 * `prisma migrate deploy` does, so either may be used on the same database.
 *
 * A migration and its record are one transaction: it is applied and recorded, or it never was, whenever the process is
 * killed. One that is begun and not finished is of an older version, or of Prisma's own command, that was interrupted
 * before its transaction ended: nothing of it is there, and it is applied again.
 *
 * Throws an UnavailableError where the database is away, or behind a pooler in transaction mode, which would keep the lock; and
 * an Error that names the migration that failed or, where the database is somebody else's, a table of theirs.
 */
export async function migrateDatabase(
  databaseUrl: string,
  migrations?: readonly Migration[],
): Promise<{ applied: string[] }> {
  await createPoolerCheck(databaseUrl)()
  const client = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    const known = new Set(await listApplied(client))
    const missing = (migrations ?? (await readMigrations())).filter(({ name }) => !known.has(name))
    for (const migration of missing) await applyMigration(client, migration)
    return { applied: missing.map(({ name }) => name) }
  } finally {
    await client.end()
  }
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
  await client.query(
    `UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
  )
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
  )
  return rows.map(({ name }) => name)
}

async function applyMigration(client: BoundedClient, { name, script }: Migration): Promise<void> {
  const checksum = createHash('sha256').update(script).digest('hex')
  try {
    await client.query('BEGIN')
    await client.query(script)
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    // The connection is ended next, and with it the transaction.
    if (error instanceof UnavailableError || !(error instanceof Error)) throw error
    throw new Error(`the migration ${name} could not be applied: ${error.message}`, { cause: error })
  }
}
