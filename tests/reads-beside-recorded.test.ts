/**
 * What a batch reads of a coupon does not grow with what is recorded of it: of a time when its series had no limit, or since it is full.
 * Counted in rows and index entries. What is known of the coupon holds until a redemption of its series is deleted or the limit changes,
 * and no longer.
 */
import type { ColumnMapping } from '@importer/contracts'
import { requestRevert } from '@importer/db'
import type { DatabaseUrls } from '@importer/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from './support/direct-importer.ts'
import { blockCoupon, blockRedemptions } from './support/obstacle.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ACTOR, TEST_ORG } from './support/running-system.ts'
import { createTestDatabase } from './support/test-database.ts'
import { waitUntil } from './support/wait-until.ts'

const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_ID',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
}
const AT = Date.UTC(2024, 0, 1)
const ROWS = 200
const BATCH_ROWS = 1_000

let database: DatabaseUrls
let importer: DirectImporter
beforeAll(async () => {
  database = await createTestDatabase()
  for (const table of ['redemption', 'import'])
    await queryOnce(database.ownerUrl, `ALTER TABLE ${table} SET (autovacuum_enabled = off)`)
  importer = await DirectImporter.open({ database, partitionCount: 1, batchRows: BATCH_ROWS })
  await importer.load({ tills: 'id\n7\n', customers: 'id\n1\n' })
})
afterAll(async () => importer.close())

/** Series `id` with one coupon of the same id. */
async function setLimit(id: number, limit: number | null): Promise<void> {
  await importer.load({
    series: `id,maxRedemptionsPerCoupon\n${id},${limit ?? ''}\n`,
    coupons: `id,seriesId,code\n${id},${id},K${id}\n`,
  })
}

async function importRows(
  id: number,
  from: number,
  rows: number,
  { by = importer, dryRun = false } = {},
): Promise<number> {
  const lines = Array.from({ length: rows }, (_none, n) => `${AT + from + n},7,1,${id}\n`)
  return (await by.import({ seriesId: id, mapping: MAPPING, file: Buffer.from(lines.join('')), dryRun })).importId
}

/** As an import of `rows` rows leaves them; by their ordinals, or without. */
async function record(id: number, rows: number, ordinal: 'n' | 'NULL'): Promise<void> {
  await queryOnce(
    database.ownerUrl,
    `INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, repeatable)
     SELECT $1::int, 1, 7, timestamptz '2020-01-01' + n * interval '1 second', $2::int, -$1::int, n, ${ordinal}, true
     FROM generate_series(1, $3::int) n`,
    [id, TEST_ORG, rows],
  )
}

async function countInserted(importId: number): Promise<number | undefined> {
  const [found] = await queryOnce<{ inserted: number }>(
    database.ownerUrl,
    'SELECT sum(inserted)::int AS inserted FROM import_lane WHERE import_id = $1',
    [importId],
  )
  return found?.inserted
}

async function countRead(table: string): Promise<number> {
  const [counts] = await queryOnce<{ read: number }>(
    database.ownerUrl,
    `SELECT (sum(seq_tup_read) + (SELECT sum(greatest(idx_tup_read, idx_tup_fetch)) FROM pg_stat_user_indexes
                                  WHERE relname = $1))::float8 AS read
     FROM pg_stat_user_tables WHERE relname = $1`,
    [table],
  )
  return counts?.read ?? NaN
}

/** An import over connections of its own, which hand in what they have counted before they are gone. */
async function readBy(
  work: (by: DirectImporter) => Promise<unknown>,
  { batchRows = BATCH_ROWS, table = 'redemption' } = {},
): Promise<number> {
  const sessions = async (): Promise<number> => {
    const found = await queryOnce(
      database.ownerUrl,
      `SELECT FROM pg_stat_activity WHERE application_name = 'direct' AND datname = current_database()`,
    )
    return found.length
  }
  await importer.close()
  await waitUntil('no session is left', async () => (await sessions()) === 0)
  const before = await countRead(table)
  const by = await DirectImporter.open({ database, partitionCount: 1, batchRows })
  await work(by)
  await by.close()
  await waitUntil('its sessions are gone', async () => (await sessions()) === 0)
  const read = (await countRead(table)) - before
  importer = await DirectImporter.open({ database, partitionCount: 1, batchRows: BATCH_ROWS })
  return read
}

test.each([
  { name: 'of a time without a limit, far from the limit', recorded: 'NULL', over: 100_000_000, id: 10 },
  { name: 'of a time without a limit, and the coupon is full', recorded: 'NULL', over: 0, id: 20 },
  { name: 'of a limit that is reached', recorded: 'n', over: 0, id: 30 },
] as const)('100,000 redemptions cost a batch no more than 1,000: $name', async ({ recorded, over, id }) => {
  const read: number[] = []
  for (const [n, rows] of [1_000, 100_000].entries()) {
    await setLimit(id + n, recorded === 'NULL' ? null : rows)
    await record(id + n, rows, recorded)
    await setLimit(id + n, rows + over)
    // The first one counts.
    await importRows(id + n, 0, ROWS)
    read.push(await readBy(async (by) => importRows(id + n, ROWS, ROWS, { by })))
  }
  expect(read[1]).toBeLessThanOrEqual(read[0] ?? 0)
  expect(read[1]).toBeLessThanOrEqual(3 * ROWS)
})

test.each([
  { name: 'of another series', id: 80, of: 81 },
  { name: 'of the same series', id: 82, of: 82 },
])('a revert that is under way costs a batch nothing: $name', async ({ id, of }) => {
  await setLimit(of, null)
  const reverted = await importRows(of, 0, 10)
  await setLimit(id, null)
  await record(id, 2_000, 'NULL')
  await setLimit(id, 100_000)
  expect(await requestRevert(importer.database, { orgId: TEST_ORG, importId: reverted, actor: TEST_ACTOR })).toBe(true)
  const read = await readBy(async (by) => importRows(id, 1_000, ROWS, { by }), { batchRows: 10 })
  // The first batch counts.
  expect(read).toBeLessThanOrEqual(2_000 + 5 * ROWS)
})

test('how many imports were ever reverted costs a batch nothing', async () => {
  await queryOnce(
    database.ownerUrl,
    `INSERT INTO import (org_id, series_id, file_key, file_name, bytes, sha256, mapping, status, revert_requested_at)
     SELECT $1, 90, 'reverted ' || n, 'file.csv', 1, '', '{}', 'reverted', now() FROM generate_series(1, $2::int) n`,
    [TEST_ORG, 2_000],
  )
  await setLimit(90, null)
  await record(90, 100, 'NULL')
  await setLimit(90, 100_000)
  const read = await readBy(async (by) => importRows(90, 0, ROWS, { by }), { batchRows: 10, table: 'import' })
  expect(read).toBeLessThanOrEqual(5 * ROWS)
})

test.each([
  { dryRun: false, id: 92 },
  { dryRun: true, id: 93 },
])('ordinals below those that are free again are read once, dry run: $dryRun', async ({ dryRun, id }) => {
  await setLimit(id, 2_300)
  await record(id, 2_000, 'n')
  const first = await importRows(id, 0, ROWS)
  await importRows(id, ROWS, 100)
  await importer.revert(first)
  const read = await readBy(async (by) => importRows(id, 1_000, ROWS, { by, dryRun }), { batchRows: 10 })
  expect(read).toBeLessThanOrEqual(2_000 + 10 * ROWS)
})

test('a revert that a batch in flight does not see ends what it has counted', async () => {
  await setLimit(40, null)
  const first = await importRows(40, 0, 150)
  await setLimit(40, 200)
  const obstacle = await blockCoupon(database.ownerUrl, `40/1/7/${AT + 500}`)
  const held = importRows(40, 499, 2)
  await obstacle.waitUntilMet()
  await importer.revert(first)
  await obstacle.remove()
  await held
  expect(await countInserted(await importRows(40, 1_000, 300))).toBe(198)
})

test('what is counted while a revert is under way is counted again', async () => {
  await setLimit(50, null)
  const first = await importRows(50, 0, 150)
  await setLimit(50, 200)
  expect(await requestRevert(importer.database, { orgId: TEST_ORG, importId: first, actor: TEST_ACTOR })).toBe(true)
  const obstacle = await blockRedemptions(database.ownerUrl, first)
  expect(await countInserted(await importRows(50, 1_000, 100))).toBe(50)
  await obstacle.remove()
  await queryOnce(database.ownerUrl, 'DELETE FROM redemption WHERE import_id = $1', [first])
  await queryOnce(database.ownerUrl, `UPDATE import SET status = 'reverted' WHERE id = $1`, [first])
  expect(await countInserted(await importRows(50, 2_000, 300))).toBe(150)
})

test('a limit that changes ends what was counted under the one before', async () => {
  await setLimit(60, null)
  await importRows(60, 0, 150)
  await setLimit(60, 120)
  expect(await countInserted(await importRows(60, 1_000, 10))).toBe(0)
  await setLimit(60, 400)
  expect(await countInserted(await importRows(60, 2_000, 10))).toBe(10)
  await setLimit(60, null)
  await importRows(60, 3_000, 100)
  await setLimit(60, 400)
  expect(await countInserted(await importRows(60, 4_000, 300))).toBe(140)
})

test('redemptions above a limit that was lowered use it up, whatever is reverted below it', async () => {
  await setLimit(70, 100)
  const first = await importRows(70, 0, 10)
  await importRows(70, 100, 40)
  await setLimit(70, 20)
  await importer.revert(first)
  expect(await countInserted(await importRows(70, 1_000, 30))).toBe(0)
  await setLimit(70, 45)
  expect(await countInserted(await importRows(70, 2_000, 30))).toBe(5)
})
