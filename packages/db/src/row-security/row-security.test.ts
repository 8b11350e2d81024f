import { randomBytes } from 'node:crypto'

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import type { Database, SystemDatabase } from '../open-database.ts'

/** What belongs to no organization. */
const SHARED_TABLES = ['_prisma_migrations', 'installation', 'maintenance']

/** Whose rows are seen of one import at a time. */
const OUTCOME_TABLES = ['rejected_row', 'duplicate_row', 'import_position', 'import_error_group']

const OURS = 1
const THEIRS = 2
/** The same for both organizations, so that each has a row of every table: the first import, and so on, and the second. */
const ROWS_OF_EACH = `
INSERT INTO organization (id) SELECT org FROM generate_series(1, 2) org;
INSERT INTO api_key (id, org_id, role, key_hash) SELECT org, org, 'read', 'hash ' || org FROM generate_series(1, 2) org;
INSERT INTO session (token_hash, api_key_id) SELECT 'token ' || org, org FROM generate_series(1, 2) org;
INSERT INTO series (org_id, id) SELECT org, 7 FROM generate_series(1, 2) org;
INSERT INTO coupon (org_id, id, series_id, code, code_key) SELECT org, 1, 7, 'A', 'a' FROM generate_series(1, 2) org;
INSERT INTO coupon_count (coupon_id, org_id, series_id, limit_changes, reverts, recorded) SELECT 1, org, 7, 0, 0, 100 FROM generate_series(1, 2) org;
INSERT INTO deletion_count (org_id, series_id, deletions) SELECT org, 7, 1 FROM generate_series(1, 2) org;
INSERT INTO customer (org_id, id, mobile) SELECT org, 1, '4917000000' FROM generate_series(1, 2) org;
INSERT INTO till (org_id, id) SELECT org, 1 FROM generate_series(1, 2) org;
INSERT INTO import (id, org_id, series_id, file_key, file_name, bytes, sha256, mapping)
SELECT org, org, 7, 'file ' || org, 'file.csv', 1, '', '{}' FROM generate_series(1, 2) org;
INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal)
SELECT 1, 1, 1, now(), org, org, 1, 1 FROM generate_series(1, 2) org;
INSERT INTO dry_redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number)
SELECT 1, 1, 1, now(), org, org, 1 FROM generate_series(1, 2) org;
INSERT INTO idempotency_claim (org_id, key, token) SELECT org, 'key', 'token' FROM generate_series(1, 2) org;
INSERT INTO import_lane (import_id, lane, lease) SELECT org, 0, 1 FROM generate_series(1, 2) org;
INSERT INTO rejected_row (byte_offset, import_id, row_number, line, errors) SELECT 0, org, 1, 1, '{2048}' FROM generate_series(1, 2) org;
INSERT INTO duplicate_row (import_id, row_number) SELECT org, 1 FROM generate_series(1, 2) org;
INSERT INTO import_position (import_id, row_number, byte_offset, line) SELECT org, 1, 0, 1 FROM generate_series(1, 2) org;
INSERT INTO import_error_group (import_id, lane, error, rows, first_rows) SELECT org, 0, 2048, 1, '{1}' FROM generate_series(1, 2) org;
INSERT INTO import_profile (org_id, name, version) SELECT org, 'nightly', 1 FROM generate_series(1, 2) org;
INSERT INTO import_profile_version (org_id, name, version, options, actor_type, actor_name)
SELECT org, 'nightly', 1, '{}', 'system', 'test' FROM generate_series(1, 2) org;
INSERT INTO webhook_endpoint (id, org_id, url) SELECT org, org, 'https://example.com' FROM generate_series(1, 2) org;
INSERT INTO webhook_secret (org_id, secret) SELECT org, 'secret' FROM generate_series(1, 2) org;
INSERT INTO webhook_event (id, org_id, type, body, occurred_at) SELECT org, org, 'test', '{}', now() FROM generate_series(1, 2) org;
INSERT INTO webhook_delivery (id, org_id, event_id, endpoint_id, receiver, next_attempt_at)
SELECT org, org, org, org, 'endpoint', now() FROM generate_series(1, 2) org;
INSERT INTO webhook_attempt (delivery_id, number, url, started_at) SELECT org, 1, 'https://example.com', now() FROM generate_series(1, 2) org;`

let ownerUrl: string
let url: string
let owner: pg.Client
let database: SystemDatabase
let tables: string[]

beforeAll(async () => {
  ;({ url, ownerUrl } = await createTestDatabase())
  owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  await owner.query(ROWS_OF_EACH)
  const { rows } = await owner.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
  )
  tables = rows.map(({ name }) => name).filter((name) => !SHARED_TABLES.includes(name))
  database = openTestDatabase(url, { maxConnections: 2 })
})
afterAll(() => owner.end())

/** How many rows there are to see. */
async function count({ prisma }: Pick<Database, 'prisma'>, table: string): Promise<number> {
  const [row] = await prisma.$queryRawUnsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${table}`)
  return row?.count ?? 0
}

/** So many rows of each table; of audit events all that there are of `orgId`, as the database records changes by itself. */
async function expectCounts(
  view: Pick<Database, 'prisma'>,
  { rows, outcomes, orgId }: { rows: number; outcomes: number; orgId?: number },
): Promise<void> {
  const { rows: audited } = await owner.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM audit_event WHERE $1::int IS NULL OR org_id = $1::int',
    [orgId ?? null],
  )
  const expected = {
    audit_event: audited[0]?.count,
    ...Object.fromEntries(OUTCOME_TABLES.map((name) => [name, outcomes])),
  }
  const counts: Record<string, number> = {}
  for (const table of tables) counts[table] = await count(view, table)
  expect(counts).toEqual({ ...Object.fromEntries(tables.map((name) => [name, rows])), ...expected })
}

test('every table but those of the installation is under a policy, its owner too', async () => {
  const { rows } = await owner.query<{ name: string; isForced: boolean; policies: number }>(
    `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS "isForced",
            (SELECT count(*)::int FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
  )
  const found = rows.filter(({ name }) => !SHARED_TABLES.includes(name))
  expect(found.map(({ name }) => name)).toEqual(tables)
  expect(found.filter(({ isForced, policies }) => !isForced || policies !== 1)).toEqual([])
})

describe('statements that forget the organization', () => {
  test.each([OURS, THEIRS])('of organization %i see its rows alone', async (orgId) => {
    await expectCounts(database.forOrganization(orgId), { rows: 1, outcomes: 0, orgId })
    await expectCounts(database.forOrganization(orgId, orgId), { rows: 1, outcomes: 1, orgId })
  })

  test('see no more for naming the import of another organization', async () => {
    await expectCounts(database.forOrganization(OURS, THEIRS), { rows: 1, outcomes: 0, orgId: OURS })
  })

  test('within a transaction see its rows alone, and so do the operations of a model', async () => {
    const ours = database.forOrganization(OURS)
    expect(await ours.transaction(async (tx) => count({ prisma: tx }, 'coupon'))).toBe(1)
    expect(await ours.prisma.coupon.findMany({ select: { orgId: true } })).toEqual([{ orgId: OURS }])
    expect(await ours.prisma.webhookAttempt.count()).toBe(1)
  })

  test('change and delete rows of its own alone', async () => {
    const ours = database.forOrganization(OURS)
    await expect(
      ours.transaction(async (tx) => {
        expect(await tx.$executeRaw`UPDATE webhook_attempt SET answer = 'changed'`).toBe(1)
        expect(await tx.$executeRaw`UPDATE import_lane SET rejected = 1`).toBe(1)
        expect(await tx.$executeRaw`DELETE FROM redemption`).toBe(1)
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
  })

  test.each([
    `INSERT INTO till (org_id, id) VALUES (${THEIRS}, 2)`,
    `UPDATE till SET org_id = ${THEIRS}, id = 3`,
    `INSERT INTO rejected_row (byte_offset, import_id, row_number, line, errors) VALUES (0, ${THEIRS}, 2, 2, '{2048}')`,
    `INSERT INTO session (token_hash, api_key_id) VALUES ('another', ${THEIRS})`,
  ])('give nothing to another organization: %s', async (statement) => {
    for (const importId of [undefined, OURS, THEIRS]) {
      const { prisma } = database.forOrganization(OURS, importId)
      await expect(prisma.$executeRawUnsafe(statement)).rejects.toThrow('row-level security')
    }
  })
})

test("the system's own work sees everybody's rows", async () => {
  await expectCounts(database, { rows: 2, outcomes: 2 })
  expect(await database.transaction(async (tx) => count({ prisma: tx }, 'coupon'))).toBe(2)
  expect(await database.prisma.coupon.count()).toBe(2)
})

describe('a session that is not ours', () => {
  /** Coupons, and rejected rows. */
  async function countRows(connection: string, ...statements: string[]): Promise<number[]> {
    const client = new pg.Client({ connectionString: connection })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
      const { rows } = await client.query<{ counts: number[] }>(
        `SELECT ARRAY[(SELECT count(*) FROM coupon), (SELECT count(*) FROM rejected_row)]::int[] AS counts`,
      )
      return rows[0]?.counts ?? []
    } finally {
      await client.end()
    }
  }

  test('sees everything, as one of the version before, until it names an organization or nobody', async () => {
    expect(await countRows(url)).toEqual([2, 2])
    expect(await countRows(url, `SET importer.org_id = '${OURS}'`)).toEqual([1, 0])
    expect(await countRows(url, `SET importer.org_id = 'none'`)).toEqual([0, 0])
    // A pooler does so before it gives a session to somebody else.
    expect(await countRows(url, `SET importer.org_id = '${OURS}'`, 'DISCARD ALL')).toEqual([2, 2])
  })

  test('sees nothing where its role may name nobody', async () => {
    const role = `outsider_${randomBytes(4).toString('hex')}`
    await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'outside'; GRANT SELECT ON coupon, rejected_row TO ${role}`)
    const outside = new URL(url)
    outside.username = role
    outside.password = 'outside'
    try {
      expect(await countRows(outside.href)).toEqual([2, 2])
      await owner.query(`ALTER ROLE ${role} SET importer.org_id = 'none'`)
      expect(await countRows(outside.href)).toEqual([0, 0])
    } finally {
      await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }
  })
})

test('what one statement was for is not seen by the next on the same connection', async () => {
  const one = openTestDatabase(url, { maxConnections: 1 })
  const ours = one.forOrganization(OURS, OURS)
  const theirs = one.forOrganization(THEIRS)
  const seen = async ({ prisma }: Database) => prisma.$queryRaw`SELECT org_id FROM redemption ORDER BY org_id`
  const [us, them] = [{ org_id: OURS }, { org_id: THEIRS }]
  expect(await seen(ours)).toEqual([us])
  expect(await seen(theirs)).toEqual([them])
  expect(await seen(one)).toEqual([us, them])
  expect(await seen(ours)).toEqual([us])
  await theirs.transaction(async (tx) => expect(await tx.redemption.count()).toBe(1))
  expect(await seen(ours)).toEqual([us])
  // One that fails, in between and while the organization is named.
  await expect(theirs.prisma.$queryRaw`SELECT 1 / 0`).rejects.toThrow('division by zero')
  expect(await seen(ours)).toEqual([us])
})

test('an import that was asked for before it was made is seen once it is there', async () => {
  const one = openTestDatabase(url, { maxConnections: 1 })
  const ours = one.forOrganization(OURS, 3)
  expect(await count(ours, 'rejected_row')).toBe(0)
  await owner.query(`
    INSERT INTO import (id, org_id, series_id, file_key, file_name, bytes, sha256, mapping)
    VALUES (3, ${OURS}, 7, 'file 3', 'file.csv', 1, '', '{}');
    INSERT INTO rejected_row (byte_offset, import_id, row_number, line, errors) VALUES (0, 3, 1, 1, '{2048}')`)
  expect(await count(ours, 'rejected_row')).toBe(1)
  await owner.query('DELETE FROM rejected_row WHERE import_id = 3; DELETE FROM import WHERE id = 3')
})

test('naming an organization costs a statement when it changes, and none while connections have it already', async () => {
  const pool = openTestDatabase(url, { maxConnections: 2 })
  const [ours, theirs] = [pool.forOrganization(OURS), pool.forOrganization(THEIRS)]
  // Each of two connections has one of them.
  await Promise.all([ours, theirs].map(async ({ prisma }) => prisma.$queryRaw`SELECT pg_sleep(0.05)::text`))
  const pids = async ({ prisma }: Database) => {
    const [row] = await prisma.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
    return row?.pid
  }
  const [first, second] = [await pids(ours), await pids(theirs)]
  expect(first).not.toBe(second)
  for (let i = 0; i < 5; i += 1) {
    expect(await pids(ours)).toBe(first)
    expect(await pids(theirs)).toBe(second)
  }
})
