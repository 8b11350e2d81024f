/**
 * Imports into a series with a limit while another import of it is reverted: no coupon is ever redeemed more often than the limit, and what
 * the revert has freed can be redeemed again. Held against the redemptions themselves.
 */
import type { ColumnMapping } from '@importer/contracts'
import { requestRevert, revertRows } from '@importer/db'
import type { DatabaseUrls } from '@importer/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from './support/direct-importer.ts'
import { blockCoupon } from './support/obstacle.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ACTOR, TEST_ORG } from './support/running-system.ts'
import { createTestDatabase } from './support/test-database.ts'

const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_ID',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
}
const AT = Date.UTC(2024, 0, 1)
const COUPONS = 6
const LIMIT = 120

let database: DatabaseUrls
let ownerUrl: string
let importer: DirectImporter
let redemptions = 0
beforeAll(async () => {
  database = await createTestDatabase()
  ;({ ownerUrl } = database)
  importer = await DirectImporter.open({ database, partitionCount: 3, batchRows: 17 })
  await importer.load({ tills: 'id\n7\n', customers: 'id\n1\n' })
})
afterAll(async () => importer.close())

/** Series `id` with coupons id0 to id5. */
async function makeSeries(id: number, limit: number | null): Promise<void> {
  const coupons = Array.from({ length: COUPONS }, (_none, n) => `${id}${n},${id},K${id}${n}\n`)
  await setLimit(id, limit)
  await importer.load({ coupons: `id,seriesId,code\n${coupons.join('')}` })
}

async function setLimit(id: number, limit: number | null): Promise<void> {
  await importer.load({ series: `id,maxRedemptionsPerCoupon\n${id},${limit ?? ''}\n` })
}

/** Redemptions that nobody else imports: so many of each coupon, alternately. */
async function importRows(id: number, rowsOfEach: number, coupons = COUPONS): Promise<number> {
  const lines = Array.from({ length: rowsOfEach * coupons }, (_none, n) => {
    redemptions += 1
    return `${AT + redemptions},7,1,${id}${n % coupons}\n`
  })
  return (await importer.import({ seriesId: id, mapping: MAPPING, file: Buffer.from(lines.join('')) })).importId
}

async function countByCoupon(id: number): Promise<number[]> {
  const found = await queryOnce<{ redeemed: number }>(
    ownerUrl,
    `SELECT (SELECT count(*) FROM redemption r WHERE r.coupon_id = c.id)::int AS redeemed
     FROM coupon c WHERE c.series_id = $1 ORDER BY c.id`,
    [id],
  )
  return found.map(({ redeemed }) => redeemed)
}

/** Gives how many counts hold, each of which is compared with what is recorded. */
async function compareCounts(id: number): Promise<number> {
  const counts = await queryOnce(
    ownerUrl,
    `SELECT k.coupon_id, k.filled_to, k.recorded, r.redeemed, r.without_ordinal, r.in_filled
     FROM coupon_count k
     JOIN series s ON s.id = k.series_id AND s.limit_changes = k.limit_changes
     LEFT JOIN deletion_count d ON d.series_id = s.id
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS redeemed, (count(*) FILTER (WHERE ordinal IS NULL))::int AS without_ordinal,
              (count(*) FILTER (WHERE ordinal <= k.filled_to))::int AS in_filled
       FROM redemption WHERE coupon_id = k.coupon_id
     ) r
     WHERE s.id = $1 AND k.deletions = coalesce(d.deletions, 0) AND k.reverts = -1`,
    [id],
  )
  for (const count of counts) {
    const isFull = count['redeemed'] === LIMIT
    const expected = isFull && count['recorded'] === LIMIT ? LIMIT : count['without_ordinal']
    expect(count).toMatchObject({ recorded: expected, filled_to: count['in_filled'] })
  }
  return counts.length
}

/** A few rows at a time, so that batches come between. */
async function revertSlowly(importId: number, rows: number): Promise<void> {
  const own = importer.database.forOrganization(TEST_ORG, importId)
  expect(await requestRevert(importer.database, { orgId: TEST_ORG, importId, actor: TEST_ACTOR })).toBe(true)
  for (let first = 1; first <= rows; first += 20) await revertRows(own, importId, { first, last: first + 19 })
}

test.each([
  { name: 'that had no limit', id: 1, before: null },
  { name: 'with a limit ever since', id: 2, before: LIMIT },
])('imports beside a revert, in a series $name', async ({ id, before }) => {
  await makeSeries(id, before)
  let reverted = await importRows(id, 60)
  await setLimit(id, LIMIT)
  // What is left of the room, so that batches list what the revert frees.
  await importRows(id, 40)
  for (let round = 0; round < 3; round += 1) {
    let isOver = false
    const highest: number[] = []
    const watch = async (): Promise<void> => {
      while (!isOver) highest.push(...(await countByCoupon(id)))
    }
    const imports = async (): Promise<number> => {
      await Promise.all([importRows(id, 20), importRows(id, 20)])
      return importRows(id, 15)
    }
    const watched = watch()
    const [next] = await Promise.all([imports(), revertSlowly(reverted, 60 * COUPONS)]).finally(() => {
      isOver = true
    })
    await watched
    expect(Math.max(...highest)).toBeLessThanOrEqual(LIMIT)
    await compareCounts(id)
    // Each coupon takes what is left of it, and no more.
    await importRows(id, LIMIT)
    expect(await countByCoupon(id)).toEqual(Array.from({ length: COUPONS }, () => LIMIT))
    await importRows(id, 1)
    expect(await compareCounts(id)).toBe(COUPONS)
    reverted = next
  }
})

test('a revert that a batch in flight does not see frees ordinals that the batch knew to be taken', async () => {
  await makeSeries(3, LIMIT)
  const first = await importRows(3, 40, 1)
  const second = await importRows(3, 40, 1)
  await importRows(3, 40, 1)
  await importer.revert(second)
  // The batch takes the first coupon's ordinals 41 to 56, and stops at the second coupon.
  const obstacle = await blockCoupon(ownerUrl, `31/1/7/${AT}`)
  const rows = Array.from({ length: 16 }, () => `${AT + (redemptions += 1)},7,1,30\n`)
  const file = Buffer.from([...rows, `${AT},7,1,31\n`].join(''))
  const single = await DirectImporter.open({ database, partitionCount: 1, batchRows: rows.length + 1 })
  const held = single.import({ seriesId: 3, mapping: MAPPING, file })
  await obstacle.waitUntilMet()
  await importer.revert(first)
  await obstacle.remove()
  await held
  await single.close()
  await importRows(3, LIMIT, 1)
  expect(await countByCoupon(3)).toEqual([LIMIT, 1, 0, 0, 0, 0])
})
