/** A series' limit changes, or a coupon moves to another series, while a batch is in flight that was evaluated by what held before. */
import { Readable } from 'node:stream'

import type { ColumnMapping, ReferenceLoadResult } from '@importer/contracts'
import { loadReference } from '@importer/imports'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from './support/direct-importer.ts'
import { blockCoupon, type Obstacle } from './support/obstacle.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ORG } from './support/running-system.ts'
import { createTestDatabase } from './support/test-database.ts'
import { waitUntil } from './support/wait-until.ts'

const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_ID',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
}
const AT = Date.UTC(2024, 0, 1)

let ownerUrl: string
let importer: DirectImporter
beforeAll(async () => {
  const database = await createTestDatabase()
  ;({ ownerUrl } = database)
  importer = await DirectImporter.open({ database, partitionCount: 1 })
  // A slow machine may need longer than the limit for what a test does while a change waits.
  await queryOnce(ownerUrl, 'ALTER FUNCTION await_batches() SET lock_timeout = 0')
  await importer.load({ tills: 'id\n7\n', customers: 'id\n1\n2\n' })
})
afterAll(async () => importer.close())

/** Series `id` with limit 1 and coupons id0, id1 and id2; series id + 1 with the other limit. */
async function makeSeries(id: number, otherLimit: number | null): Promise<void> {
  await importer.load({
    series: `id,maxRedemptionsPerCoupon\n${id},1\n${id + 1},${otherLimit ?? ''}\n`,
    coupons: `id,seriesId,code\n${id}0,${id},K${id}0\n${id}1,${id},K${id}1\n${id}2,${id},K${id}2\n`,
  })
}

async function loadCoupons(csv: string): Promise<ReferenceLoadResult> {
  const { database } = importer
  return loadReference({ database, orgId: TEST_ORG, kind: 'coupons', body: Readable.from([Buffer.from(csv)]) })
}

async function importCoupons(seriesId: number, customerId: number, couponIds: readonly string[]): Promise<number> {
  const rows = couponIds.map((couponId) => `${AT},7,${customerId},${couponId}\n`)
  return (await importer.import({ seriesId, mapping: MAPPING, file: Buffer.from(rows.join('')) })).importId
}

/** A batch of series `id` has inserted the redemption of its first coupon, and stops at the second. */
async function holdBatch(id: number): Promise<{ obstacle: Obstacle; held: Promise<number> }> {
  const obstacle = await blockCoupon(ownerUrl, `${id}1/1/7/${AT}`)
  const held = importCoupons(id, 1, [`${id}0`, `${id}1`])
  await obstacle.waitUntilMet()
  return { obstacle, held }
}

/** Resolves when it is done, or so many sessions of this database wait for `redemption` or for a row of a series. */
async function doneOrWaiting(work: Promise<unknown>, sessions: number): Promise<void> {
  const end = { reached: false }
  const reach = (): void => {
    end.reached = true
  }
  work.then(reach, reach)
  await waitUntil('it was done or waited', async () => {
    if (end.reached) return true
    const [locks] = await queryOnce<{ waiting: number }>(
      ownerUrl,
      // Behind the obstacle waits the batch that it holds.
      `SELECT count(DISTINCT pid)::int - 1 AS waiting FROM pg_locks
       WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`,
    )
    return locks?.waiting === sessions
  })
}

async function recordedOf(couponId: string): Promise<number> {
  const [found] = await queryOnce<{ rows: number }>(
    ownerUrl,
    'SELECT count(*)::int AS rows FROM redemption WHERE coupon_id = $1',
    [couponId],
  )
  return found?.rows ?? NaN
}

async function runBeside(
  id: number,
  change: () => Promise<unknown>,
  next: () => Promise<number>,
): Promise<{ first: number; second: number }> {
  const { obstacle, held } = await holdBatch(id)
  const changed = change()
  await doneOrWaiting(changed, 1)
  const imported = next()
  await doneOrWaiting(imported, 2)
  await obstacle.remove()
  const [first, , second] = await Promise.all([held, changed, imported])
  return { first, second }
}

test('the same file twice is recorded once, though its series loses the limit 1 in between', async () => {
  await makeSeries(1, null)
  const { second } = await runBeside(
    1,
    async () => importer.load({ series: 'id,maxRedemptionsPerCoupon\n1,\n' }),
    async () => importCoupons(1, 1, ['10']),
  )
  expect(await recordedOf('10')).toBe(1)
  expect(await importer.readReport(second, 'duplicate')).toContain(',10,')
})

test.each([
  ['with all that a new one needs', 3, 'id,seriesId,code\n30,4,K30\n32,4,K32\n'],
  ['with its series alone', 13, 'id,seriesId\n130,14\n132,14\n'],
])('a coupon that a batch in flight redeems stays in its series (%s)', async (_name, id, csv) => {
  await makeSeries(id, null)
  let result: ReferenceLoadResult | undefined
  const { second } = await runBeside(
    id,
    async () => {
      result = await loadCoupons(csv)
    },
    async () => importCoupons(id + 1, 2, [`${id}0`]),
  )
  expect(result).toMatchObject({
    updated: 1,
    rejected: 1,
    errors: [{ row: 1, field: 'seriesId', code: 'COUPON_REDEEMED' }],
  })
  expect(await queryOnce(ownerUrl, 'SELECT series_id::int FROM coupon WHERE id = $1', [`${id}0`])).toEqual([
    { series_id: id },
  ])
  expect(await recordedOf(`${id}0`)).toBe(1)
  expect(await importer.readReport(second, 'rejected')).toMatch(new RegExp(`,${id}0,.*COUPON_NOT_IN_SERIES`))
  const third = await importCoupons(id + 1, 2, [`${id}2`])
  expect(await importer.readReport(third, 'inserted')).toContain(`,${id}2,`)
})

test('a limit that a series without one is given holds beside a batch that knew none', async () => {
  await makeSeries(5, null)
  await importer.load({ series: 'id,maxRedemptionsPerCoupon\n5,\n' })
  const { second } = await runBeside(
    5,
    async () => importer.load({ series: 'id,maxRedemptionsPerCoupon\n5,1\n' }),
    async () => importCoupons(5, 2, ['50']),
  )
  expect(await recordedOf('50')).toBe(1)
  expect(await importer.readReport(second, 'rejected')).toContain('COUPON_ALREADY_REDEEMED')
})

test('a move into a series and a change of its limit wait for each other', async () => {
  await makeSeries(7, 1)
  const { obstacle, held } = await holdBatch(7)
  const moved = importer.load({ coupons: 'id,seriesId,code\n72,8,K72\n' })
  await doneOrWaiting(moved, 1)
  const changed = importer.load({ series: 'id,maxRedemptionsPerCoupon\n8,\n' })
  await doneOrWaiting(changed, 2)
  await obstacle.remove()
  await Promise.all([held, moved, changed])
})

test('reference data of another kind, or as it was, waits for no batch', async () => {
  await makeSeries(9, null)
  const { obstacle, held } = await holdBatch(9)
  await importer.load({
    series: 'id,maxRedemptionsPerCoupon,name\n9,1,new name\n10,,other name\n',
    coupons: 'id,seriesId,code,expiresAt\n90,9,K90,2030-01-01\n91,9,K91,\n',
  })
  await obstacle.remove()
  await held
})

test('a change that cannot wait any longer is not made, and the database counts as unavailable', async () => {
  await makeSeries(11, null)
  await queryOnce(ownerUrl, `ALTER FUNCTION await_batches() SET lock_timeout = '50ms'`)
  const { obstacle, held } = await holdBatch(11)
  const change = importer.load({ series: 'id,maxRedemptionsPerCoupon\n11,\n' })
  await expect(change).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  await obstacle.remove()
  await held
  const [series] = await queryOnce(ownerUrl, 'SELECT max_redemptions_per_coupon, single_use FROM series WHERE id = 11')
  expect(series).toEqual({ max_redemptions_per_coupon: 1, single_use: true })
})
