import { BoundedClient, POSTGRES_CONNECTION } from '@importer/connections'

import { readMigrationsFolder } from './migrations-folder.ts'
import { withSchemaEngine } from './schema-engine.ts'

/** Any fixed number: everyone who migrates takes this lock, so that several hosts may start at once. */
const MIGRATION_LOCK = 7_264_001

/**
 * Brings a database to the newest schema, under a lock, and says which migrations it applied.
 * Writes `_prisma_migrations` as `prisma migrate deploy` does, so either may be used on the same database.
 */
export async function migrateDatabase(databaseUrl: string): Promise<{ applied: string[] }> {
  const lockHolder = new BoundedClient({ ...POSTGRES_CONNECTION, connectionString: databaseUrl })
  await lockHolder.connect()
  try {
    await lockHolder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await forgetInterruptedMigrations(lockHolder)
    const migrationsList = await readMigrationsFolder()
    const { appliedMigrationNames } = await withSchemaEngine(databaseUrl, async (engine) =>
      engine.applyMigrations({ migrationsList, filters: { externalTables: [], externalEnums: [] } }),
    )
    return { applied: appliedMigrationNames }
  } finally {
    await lockHolder.end()
  }
}

/**
 * A migration that is started and not finished was interrupted before its transaction ended (see WholeScriptAdapter),
 * so nothing of it is there and it can be applied again. The engine would refuse to go on.
 */
async function forgetInterruptedMigrations(client: BoundedClient): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  )
  if (rows[0]?.exists !== true) return
  await client.query(
    `UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
  )
}
