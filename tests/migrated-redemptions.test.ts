/** A database that the schema of before has filled: redemptions that all have ordinals, gaps of a revert, dry runs under way. */
import type { ColumnMapping } from '@importer/contracts'
import { migrateDatabase } from '@importer/db'
import { APP_ROLE } from '@importer/embedded-postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { readMigrations } from '../packages/db/src/migrate/migrations-folder.ts'
import { DirectImporter } from './support/direct-importer.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ORG } from './support/running-system.ts'
import { createTestDatabase } from './support/test-database.ts'

const MIGRATION = /_every_kind_of_series$/
const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_ID',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
}
const FROM_MS = Date.UTC(2024, 0, 1)
const COUPONS = 4_000

/** Series 1: once. Series 2: limit 5, of which a revert has freed ordinals 2 and 3. Series 3: no limit, ordinals to 40. */
const FILL = `
INSERT INTO organization (id) VALUES (${TEST_ORG});
INSERT INTO series (org_id, id, max_redemptions_per_coupon, single_use) VALUES
  (${TEST_ORG}, 1, 1, true), (${TEST_ORG}, 2, 5, false), (${TEST_ORG}, 3, NULL, false);
INSERT INTO till (org_id, id) VALUES (${TEST_ORG}, 1);
INSERT INTO customer (org_id, id) SELECT ${TEST_ORG}, n FROM generate_series(1, 100) n;
INSERT INTO coupon (org_id, id, series_id, code, code_key)
SELECT ${TEST_ORG}, s * 1000000 + n, s, 'K' || n, 'k' || n FROM generate_series(1, 3) s, generate_series(1, ${COUPONS}) n;
INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal)
SELECT s * 1000000 + n, o, 1, to_timestamp(${FROM_MS / 1000} + o), ${TEST_ORG}, s, n * 100 + o, o
FROM (VALUES (1, 1, ${COUPONS}), (2, 5, ${COUPONS}), (3, 40, 100)) AS v (s, most, coupons),
     generate_series(1, coupons) n, generate_series(1, most) o
WHERE NOT (s = 2 AND o IN (2, 3));
-- The same redemption twice, which the index of before could let pass.
INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal)
SELECT coupon_id, customer_id, till_id, redeemed_at, org_id, 99, 1, 2 FROM redemption
WHERE coupon_id = 2000001 AND ordinal = 4;
INSERT INTO import (id, org_id, series_id, status, file_key, file_name, bytes, sha256, mapping, dry_run)
SELECT id, ${TEST_ORG}, 2, status, 'file-' || id, 'x.csv', 1, '', '{}', true
FROM (VALUES (500, 'processing'), (501, 'completed')) AS v (id, status);
INSERT INTO dry_redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal)
SELECT 2000001, o, 1, to_timestamp(${FROM_MS / 1000} + 1000 + o), ${TEST_ORG}, i, o, 5 + o
FROM generate_series(500, 501) i, generate_series(1, 3) o;
SELECT setval('import_id_seq', 1000);`

let ownerUrl: string
let importer: DirectImporter
let fileBefore: number

const readFileNode = async (): Promise<number> => {
  const [row] = await queryOnce<{ node: number }>(ownerUrl, `SELECT pg_relation_filenode('redemption')::int AS node`)
  return row?.node ?? 0
}

beforeAll(async () => {
  const database = await createTestDatabase()
  ;({ ownerUrl } = database)
  await queryOnce(ownerUrl, 'DROP SCHEMA public CASCADE')
  await queryOnce(ownerUrl, 'CREATE SCHEMA public')
  const all = await readMigrations()
  const before = all.findIndex(({ name }) => MIGRATION.test(name))
  await migrateDatabase(ownerUrl, { migrations: all.slice(0, before) })
  for (const statement of FILL.split(';\n')) await queryOnce(ownerUrl, statement)
  fileBefore = await readFileNode()
  expect((await migrateDatabase(ownerUrl, { appRole: APP_ROLE })).applied.some((name) => MIGRATION.test(name))).toBe(
    true,
  )
  importer = await DirectImporter.open({ database, batchRows: 500 })
})
afterAll(async () => importer.close())

async function importRows(
  seriesId: number,
  rows: readonly (readonly [coupon: number, customer: number])[],
  dryRun = false,
) {
  const lines = rows.map(([coupon, customer]) => [
    FROM_MS + customer * 1_000,
    1,
    customer,
    seriesId * 1_000_000 + coupon,
  ])
  const file = Buffer.from(lines.map((cells) => `${cells.join()}\n`).join(''))
  const { importId } = await importer.import({ seriesId, mapping: MAPPING, file, dryRun })
  const { redemptions, duplicates, rejected } = await importer.readOutcome(importId)
  const inserted = (await importer.readReport(importId, 'inserted')).split('\n').length - 2
  return {
    ordinals: redemptions.map(({ ordinal }) => ordinal),
    inserted,
    duplicates: duplicates.length,
    rejected: rejected.length,
  }
}

it('does not write the table anew', async () => {
  expect(await readFileNode()).toBe(fileBefore)
})

it('keeps one of what was recorded twice', async () => {
  const rows = await queryOnce(ownerUrl, 'SELECT import_id FROM redemption WHERE coupon_id = 2000001 ORDER BY ordinal')
  expect(rows).toEqual([{ import_id: 2 }, { import_id: 2 }, { import_id: 2 }])
})

it.each([true, false])('knows what is redeemed once (dry run: %s)', async (dryRun) => {
  const found = await importRows(
    1,
    [
      [1, 1],
      [1, 2],
      [2, 1],
    ],
    dryRun,
  )
  expect(found).toMatchObject({ inserted: 0, duplicates: 2, rejected: 1 })
})

it('fills the gaps of a limit and no more', async () => {
  const rows = [1, 4, 5, 6, 7, 8].map((customer): [number, number] => [7, customer])
  expect(await importRows(2, rows, true)).toMatchObject({ inserted: 2, duplicates: 3, rejected: 1 })
  expect(await importRows(2, rows)).toEqual({ ordinals: [2, 3], inserted: 2, duplicates: 3, rejected: 1 })
})

it('finds redemptions with ordinals in a series without a limit', async () => {
  const rows = [1, 2, 39, 40, 41, 42].map((customer): [number, number] => [7, customer])
  expect(await importRows(3, rows, true)).toMatchObject({ inserted: 2, duplicates: 4, rejected: 0 })
  expect(await importRows(3, rows)).toEqual({ ordinals: [null, null], inserted: 2, duplicates: 4, rejected: 0 })
})

it('counts the rows of a dry run under way by themselves, and drops those of one that is over', async () => {
  const rows = await queryOnce(
    ownerUrl,
    'SELECT import_id, ordinal, repeatable FROM dry_redemption WHERE import_id < 1000 ORDER BY ordinal',
  )
  expect(rows).toEqual([1, 2, 3].map((ordinal) => ({ import_id: 500, ordinal, repeatable: true })))
})
