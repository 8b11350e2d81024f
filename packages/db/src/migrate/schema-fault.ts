import { UnavailableError } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { readMigrationNames } from './migrations-folder.ts'

/** The database answers, and this version cannot work on it. The message says what to run. */
export class SchemaFaultError extends UnavailableError {
  override readonly name = 'SchemaFaultError'

  constructor(fault: string) {
    super('DATABASE_UNAVAILABLE', fault)
  }
}

/**
 * Null, or the sentence that says why this version cannot work on the database and what to run: migrations of this
 * version are missing, or the rights of the current role. Newer ones that it does not know are allowed, so that a version
 * can be replaced while it runs. Throws an UnavailableError when the database does not answer.
 */
export async function describeSchemaFault({ prisma }: Pick<Database, 'prisma'>): Promise<string | null> {
  const wanted = await readMigrationNames()
  const [found] = await prisma.$queryRaw<{ hasTable: boolean; role: string; closedTable: string | null }[]>`
    SELECT to_regclass('_prisma_migrations') IS NOT NULL AS "hasTable", current_user::text AS role,
           (SELECT min(own.relname::text) FROM pg_class own JOIN pg_class record USING (relnamespace, relowner)
            WHERE record.oid = to_regclass('_prisma_migrations') AND own.relkind IN ('r', 'p')
              AND NOT has_table_privilege(own.oid, 'SELECT')) AS "closedTable"`
  if (found?.hasTable !== true) return 'the database holds none of our tables; run `npm run migrate`'
  if (found.closedTable !== null) {
    return `the role ${found.role} may not read the table ${found.closedTable}; run \`npm run migrate\` as the owner of the tables, with DATABASE_APP_ROLE=${found.role}`
  }
  const rows = await prisma.$queryRaw<{ name: string }[]>`
    SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`
  const applied = new Set(rows.map(({ name }) => name))
  const missing = wanted.filter((name) => !applied.has(name))
  if (missing.length === 0) return null
  return `the database lacks ${missing.length} of the ${wanted.length} migrations of this version, the first is ${missing[0]}; run \`npm run migrate\``
}

/** Throws a SchemaFaultError where this version cannot work on the database. */
export async function checkSchema(database: Pick<Database, 'prisma'>): Promise<void> {
  const fault = await describeSchemaFault(database)
  if (fault !== null) throw new SchemaFaultError(fault)
}
