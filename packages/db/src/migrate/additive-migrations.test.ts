/**
 * While a version is replaced, and after a rollback, the version before runs on the newer schema: a migration takes nothing away that the
 * statements of that version need. Each is applied by itself, and the schema before it is compared with the schema after it.
 */
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'

import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { readMigrations } from './migrations-folder.ts'

/**
 * What the migrations of the first version took away, before there was a version that could miss it. What a later version no longer needs is
 * removed by the version after it, and is added here then, with the version that has stopped to use it.
 */
const TAKEN_AWAY: Readonly<Record<string, readonly string[]>> = {
  '20261125020000_lookup_indexes': [
    'the unique key coupon (org_id, code_key, series_id) is gone',
    'the unique key customer (org_id, mobile) is gone',
    'the unique key customer (org_id, email) is gone',
    'the unique key customer (org_id, external_id) is gone',
  ],
  '20261126012000_cancel_by_fencing': ['import.cancel_requested_at is gone'],
  '20261126014500_every_kind_of_series': [
    'the unique key redemption (coupon_id, org_id, ordinal) is gone',
    'the unique key redemption (coupon_id, org_id, customer_id, till_id, redeemed_at) WHERE (ordinal > 16) is gone',
    'the unique key dry_redemption (coupon_id, org_id, ordinal, import_id) is gone',
  ],
  '20261126021500_prepared_retries': ['the unique key import (retry_of) is gone'],
  '20261126023600_long_files': ['rejected_row.line was int4 and is int8', 'import_lane.next_line was int4 and is int8'],
}

interface Column {
  readonly column: string
  readonly type: string
  readonly isNullable: boolean
  readonly hasDefault: boolean
}

interface Schema {
  readonly tables: ReadonlySet<string>
  readonly columns: ReadonlyMap<string, Column>
  /** What `ON CONFLICT (…)` may name. */
  readonly uniqueKeys: ReadonlySet<string>
}

const COLUMNS = `
SELECT table_name || '.' || column_name AS column, udt_name AS type, is_nullable = 'YES' AS "isNullable",
       column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS' AS "hasDefault"
FROM information_schema.columns WHERE table_schema = 'public'`
const UNIQUE_KEYS = `
SELECT t.relname || ' (' || (SELECT string_agg(pg_get_indexdef(x.indexrelid, k, true), ', ' ORDER BY k)
       FROM generate_series(1, x.indnkeyatts) k) || ')' || coalesce(' WHERE ' || pg_get_expr(x.indpred, x.indrelid), '') AS key
FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' AND x.indisunique`

const { ownerUrl } = await createTestDatabase()
const client = new pg.Client({ connectionString: ownerUrl })
await client.connect()
afterAll(async () => client.end())

async function readSchema(): Promise<Schema> {
  const { rows: columns } = await client.query<Column>(COLUMNS)
  const { rows: keys } = await client.query<{ key: string }>(UNIQUE_KEYS)
  return {
    tables: new Set(columns.map(({ column }) => tableOf(column))),
    columns: new Map(columns.map((each) => [each.column, each])),
    uniqueKeys: new Set(keys.map(({ key }) => key)),
  }
}

function tableOf(column: string): string {
  return column.split('.')[0] ?? ''
}

/** What a statement that was written for `before` may fail on. */
function findTakenAway(before: Schema, after: Schema): string[] {
  const taken: string[] = []
  for (const [name, column] of before.columns) {
    const now = after.columns.get(name)
    if (now === undefined) taken.push(`${name} is gone`)
    else {
      if (now.type !== column.type) taken.push(`${name} was ${column.type} and is ${now.type}`)
      if (column.isNullable && !now.isNullable) taken.push(`${name} may no longer be null`)
      if (column.hasDefault && !now.hasDefault && !now.isNullable) taken.push(`${name} has no default any more`)
    }
  }
  for (const [name, { isNullable, hasDefault }] of after.columns) {
    if (!before.columns.has(name) && before.tables.has(tableOf(name)) && !isNullable && !hasDefault)
      taken.push(`${name} is new and must be given`)
  }
  for (const key of before.uniqueKeys) if (!after.uniqueKeys.has(key)) taken.push(`the unique key ${key} is gone`)
  return taken
}

test('a migration leaves the version before all that its statements need', async () => {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  const takenAway: Record<string, string[]> = {}
  let before = await readSchema()
  for (const { name, script } of await readMigrations()) {
    await client.query(script)
    const after = await readSchema()
    const found = findTakenAway(before, after)
    if (found.length > 0) takenAway[name] = found.toSorted()
    before = after
  }
  expect(takenAway).toEqual(
    Object.fromEntries(Object.entries(TAKEN_AWAY).map(([path, list]) => [path, list.toSorted()])),
  )
})

test('what no migration has taken away yet is noticed too', async () => {
  await client.query('BEGIN')
  try {
    const before = await readSchema()
    await client.query(`ALTER TABLE api_key ADD COLUMN colour text NOT NULL, ALTER COLUMN created_at DROP DEFAULT,
      ALTER COLUMN name SET NOT NULL`)
    expect(findTakenAway(before, await readSchema()).toSorted()).toEqual([
      'api_key.colour is new and must be given',
      'api_key.created_at has no default any more',
      'api_key.name may no longer be null',
    ])
  } finally {
    await client.query('ROLLBACK')
  }
})
