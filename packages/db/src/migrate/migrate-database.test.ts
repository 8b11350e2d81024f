import pg from 'pg'
import { describe, expect, test } from 'vitest'

import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { migrateDatabase } from './migrate-database.ts'
import { readMigrationsFolder, readSchemaFile } from './migrations-folder.ts'
import { withSchemaEngine } from './schema-engine.ts'

/** How the schema itself would make an empty database: a script. */
async function writeSchemaScript(databaseUrl: string): Promise<string> {
  const schema = await readSchemaFile()
  const { stdout } = await withSchemaEngine(databaseUrl, async (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  )
  if (stdout === null) throw new Error('the schema engine wrote no script')
  return stdout
}

/**
 * What both Prisma's schema and a migration can say: columns, and indexes by their keys. Whatever else a migration adds
 * by hand (partial indexes, included columns, nulls not distinct, checks, collations, triggers) is left out.
 */
const DESCRIBE = `
SELECT table_name || '.' || column_name || ' ' || udt_name || coalesce('(' || datetime_precision || ')', '')
       || coalesce('[' || character_maximum_length || ']', '') || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS item
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
UNION ALL
SELECT t.relname || ' ' || CASE WHEN x.indisprimary THEN 'primary key' WHEN x.indisunique THEN 'unique' ELSE 'index' END || ' ('
       || (SELECT string_agg(pg_get_indexdef(x.indexrelid, k, true), ', ' ORDER BY k) FROM generate_series(1, x.indnkeyatts) k)
       || ')'
FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' AND x.indpred IS NULL AND t.relname <> '_prisma_migrations'
ORDER BY 1`

async function describeDatabase(url: string): Promise<string[]> {
  return (await query<{ item: string }>(url, DESCRIBE)).map(({ item }) => item)
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** A database without anything in it. */
async function createEmptyDatabase(): Promise<string> {
  const { url } = await createTestDatabase()
  await query(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  return url
}

describe('the migrations', () => {
  test('lead to the schema', async () => {
    const [{ url: migrated }, made] = await Promise.all([createTestDatabase(), createEmptyDatabase()])
    await query(made, await writeSchemaScript(made))
    const items = await describeDatabase(migrated)
    expect(items).toEqual(await describeDatabase(made))
    expect(items.length).toBeGreaterThan(100)
  })

  test.each([
    ['a column less', 'ALTER TABLE redemption DROP COLUMN details'],
    ['another type', 'ALTER TABLE coupon ALTER COLUMN code TYPE varchar(10)'],
    ['another default', 'ALTER TABLE coupon ALTER COLUMN revoked DROP DEFAULT'],
    ['an index less', 'DROP INDEX customer_mobile_org_id_key'],
    ['a table more', 'CREATE TABLE stray (id int PRIMARY KEY)'],
  ])('would be found to differ by %s', async (_name, change) => {
    const { url } = await createTestDatabase()
    const before = await describeDatabase(url)
    await query(url, change)
    expect(await describeDatabase(url)).not.toEqual(before)
  })

  test('are applied once, however many begin at the same time', async () => {
    const url = await createEmptyDatabase()
    const names = (await readMigrationsFolder()).migrationDirectories.map(({ path }) => path)
    const applied = await Promise.all([1, 2, 3].map(async () => (await migrateDatabase(url)).applied))
    expect(applied.flat()).toEqual(names)
    expect(
      await query(url, 'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL'),
    ).toHaveLength(names.length)
  })

  test('that were interrupted are applied again', async () => {
    const url = await createEmptyDatabase()
    await migrateDatabase(url)
    // As a process leaves it that dies in a migration: begun, not finished, and nothing of it there.
    const [last] = (await readMigrationsFolder()).migrationDirectories.map(({ path }) => path).slice(-1)
    await query(url, `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '${last}'`)
    await query(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    const { applied } = await migrateDatabase(url)
    expect(applied).toContain(last)
    expect((await describeDatabase(url)).length).toBeGreaterThan(100)
  })
})
