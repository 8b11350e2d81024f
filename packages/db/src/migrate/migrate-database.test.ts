import { describe, expect, test } from 'vitest'

import { openSession } from '../../../../tests/support/open-session.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { waitUntil } from '../../../../tests/support/wait-until.ts'
import { readSchemaFile, withSchemaEngine } from '../../test/schema-engine.ts'
import { migrateDatabase } from './migrate-database.ts'
import { readMigrationNames, type Migration } from './migrations-folder.ts'

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
  return (await queryOnce<{ item: string }>(url, DESCRIBE)).map(({ item }) => item)
}

/** As `prisma migrate deploy` would; the names of those that it applied. */
async function applyByEngine(url: string, migrations: readonly Migration[]): Promise<string[]> {
  const { appliedMigrationNames } = await withSchemaEngine(url, async (engine) =>
    engine.applyMigrations({
      migrationsList: {
        baseDir: '.',
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
        shadowDbInitScript: '',
        migrationDirectories: migrations.map(({ name, script }) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
        })),
      },
      filters: { externalTables: [], externalEnums: [] },
    }),
  )
  return appliedMigrationNames
}

/** The table of the migrations and what is in it, but for ids and times. */
async function describeRecords(url: string): Promise<unknown[]> {
  return [
    await queryOnce(
      url,
      `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
       FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
    ),
    await queryOnce(
      url,
      `SELECT migration_name, checksum, logs, rolled_back_at, applied_steps_count, length(id) AS id,
              finished_at >= started_at AS finished
       FROM _prisma_migrations ORDER BY migration_name`,
    ),
  ]
}

/** A database without anything in it. */
async function createEmptyDatabase(): Promise<string> {
  const { ownerUrl } = await createTestDatabase()
  await queryOnce(ownerUrl, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  return ownerUrl
}

describe('the migrations', () => {
  test('lead to the schema', async () => {
    const [{ ownerUrl: migrated }, made] = await Promise.all([createTestDatabase(), createEmptyDatabase()])
    await queryOnce(made, await writeSchemaScript(made))
    const items = await describeDatabase(migrated)
    expect(items).toEqual(await describeDatabase(made))
    expect(items.length).toBeGreaterThan(100)
  })

  test('would be found to differ by a column, a type, a default or an index', async () => {
    const { ownerUrl: url } = await createTestDatabase()
    for (const change of [
      'ALTER TABLE redemption DROP COLUMN details',
      'ALTER TABLE coupon ALTER COLUMN code TYPE varchar(10)',
      'ALTER TABLE coupon ALTER COLUMN revoked DROP DEFAULT',
      'DROP INDEX customer_mobile_org_id_key',
    ]) {
      const before = await describeDatabase(url)
      await queryOnce(url, change)
      expect(await describeDatabase(url), change).not.toEqual(before)
    }
  })

  test('are applied once, however many begin at the same time', async () => {
    const url = await createEmptyDatabase()
    const names = await readMigrationNames()
    const applied = await Promise.all([1, 2, 3].map(async () => (await migrateDatabase(url)).applied))
    expect(applied.flat()).toEqual(names)
    expect(
      await queryOnce(url, 'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL'),
    ).toHaveLength(names.length)
  })

  test('begin again where they meet a deadlock with a version that runs', async () => {
    const { ownerUrl: url } = await createTestDatabase()
    const running = await openSession(url)
    // The other side notices first, and is given up.
    await running.query(`SET deadlock_timeout = '1min'; BEGIN; LOCK TABLE till IN ROW EXCLUSIVE MODE`)
    const migration = { name: '99990101000000_locks_two', script: 'LOCK TABLE coupon; LOCK TABLE till' }
    const migrated = migrateDatabase(url, { migrations: [migration] })
    await waitUntil('the migration waits for the version that runs', async () => {
      const waiting = await queryOnce(url, `SELECT FROM pg_locks WHERE NOT granted AND relation = 'till'::regclass`)
      return waiting.length > 0
    })
    await running.query('LOCK TABLE coupon IN ROW EXCLUSIVE MODE')
    await running.query('COMMIT')
    await running.end()
    expect(await migrated).toEqual({ applied: [migration.name] })
    const [{ deadlocks } = { deadlocks: '0' }] = await queryOnce<{ deadlocks: string }>(
      url,
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(Number(deadlocks)).toBe(1)
  })

  test('begin again where a session holds a table for long, and let all others through in between', async () => {
    const { ownerUrl: url } = await createTestDatabase()
    const dump = await openSession(url)
    await dump.query('BEGIN; LOCK TABLE coupon IN ACCESS SHARE MODE')
    const migration = { name: '99990101000000_locks_two', script: 'LOCK TABLE api_key; LOCK TABLE coupon' }
    const pauses: number[] = []
    const { applied } = await migrateDatabase(url, {
      migrations: [migration],
      // While it pauses it neither holds what it had locked already nor waits for it.
      async pause(attempts) {
        pauses.push(attempts)
        await queryOnce(url, 'BEGIN; LOCK TABLE api_key IN ACCESS SHARE MODE NOWAIT; COMMIT')
        if (attempts === 2) await dump.query('COMMIT')
      },
    })
    await dump.end()
    expect(applied).toEqual([migration.name])
    expect(pauses).toEqual([1, 2])
  })

  test('that were interrupted are applied again', async () => {
    const url = await createEmptyDatabase()
    await migrateDatabase(url)
    // As a process leaves it that dies in a migration: begun, not finished, and nothing of it there.
    const [last] = (await readMigrationNames()).slice(-1)
    await queryOnce(url, `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '${last}'`)
    await queryOnce(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    const { applied } = await migrateDatabase(url)
    expect(applied).toContain(last)
    expect((await describeDatabase(url)).length).toBeGreaterThan(100)
  })

  test("are recorded as by Prisma's engine, which finds nothing left to do", async () => {
    const [ours, theirs] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()])
    // Prisma's adapter cuts scripts at every semicolon, also in comments: these have none.
    const few = ['first', 'second'].map((name) => ({ name, script: `CREATE TABLE ${name} (id int PRIMARY KEY)` }))
    expect((await migrateDatabase(ours, { migrations: few })).applied).toEqual(few.map(({ name }) => name))
    expect(await applyByEngine(theirs, few)).toEqual(few.map(({ name }) => name))
    expect(await describeRecords(ours)).toEqual(await describeRecords(theirs))
    expect(await applyByEngine(ours, few)).toEqual([])
    expect(await migrateDatabase(theirs, { migrations: few })).toEqual({ applied: [] })
  })

  test('leave nothing of one that fails, say which it was, and go on from there', async () => {
    const url = await createEmptyDatabase()
    const first = { name: '1_first', script: 'CREATE TABLE first (id int);' }
    const wrong = { name: '2_second', script: 'CREATE TABLE second (id int); SELECT 1 / 0; -- no more' }
    await expect(migrateDatabase(url, { migrations: [first, wrong] })).rejects.toThrow(
      'the migration 2_second could not be applied: division by zero',
    )
    const mended = { ...wrong, script: wrong.script.replace('SELECT 1 / 0; ', '') }
    expect(await migrateDatabase(url, { migrations: [first, mended] })).toEqual({ applied: ['2_second'] })
  })

  test("are not applied to somebody else's tables", async () => {
    const url = await createEmptyDatabase()
    await queryOnce(url, 'CREATE TABLE invoices (id int)')
    await expect(migrateDatabase(url)).rejects.toThrow('the database has tables, such as invoices')
  })
})
