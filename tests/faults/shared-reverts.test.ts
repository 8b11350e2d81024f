/** A worker makes one revert at a time: a giant one lets a small one through, and stays exact through a kill. */
import { expect, it } from 'vitest'

import { openSession } from '../support/open-session.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, TEST_ORG } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'

const GIANT_ROWS = 200_000
const SMALL_ROWS = 10

const NAME = 'a small revert ends while a giant one is under way, which is gone on with after its worker was killed'

it(`${NAME}, with the queue in PostgreSQL`, async () => {
  await revertBoth(undefined)
})

it.skipIf(!hasRedisServer())(`${NAME}, with the queue on Redis`, async () => {
  await revertBoth((await startRedisServer()).url)
})

async function revertBoth(redisUrl: string | undefined): Promise<void> {
  const system = await startSystem({ redisUrl })
  const { client, ownerUrl } = system
  // Its storage is proved by then: imports without a file, as those below, would speak against a storage that is not.
  await waitUntil('the worker takes reverts', () => system.worker.readOutput().includes('"queue":"reverts"'))
  let coupons = 0
  const makeCompleted = async (rows: number): Promise<number> => {
    const [made] = await queryOnce<{ id: number }>(
      ownerUrl,
      `INSERT INTO import (org_id, series_id, status, file_key, file_name, bytes, sha256, mapping, attempts)
       VALUES ($1, 1, 'completed', $2, 'file.csv', 1, '', '{}', 1) RETURNING id`,
      [TEST_ORG, `file-of-${rows}`],
    )
    const id = made?.id ?? 0
    await queryOnce(
      ownerUrl,
      `INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal)
       SELECT $1::int + n, 1, 1, now(), $2::int, $3::int, n, 1 FROM generate_series(1, $4::int) n`,
      [coupons, TEST_ORG, id, rows],
    )
    coupons += rows
    return id
  }
  const giant = await makeCompleted(GIANT_ROWS)
  const small = await makeCompleted(SMALL_ROWS)
  const countRows = async (importId: number): Promise<number> => {
    const count = 'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1'
    return (await queryOnce<{ n: number }>(ownerUrl, count, [importId]))[0]?.n ?? 0
  }
  const hold = async (rowNumber: number): Promise<() => Promise<void>> => {
    const holder = await openSession(ownerUrl)
    await holder.query('BEGIN')
    await holder.query('SELECT FROM redemption WHERE import_id = $1 AND row_number = $2 FOR UPDATE', [giant, rowNumber])
    return async () => holder.end()
  }
  const request = async (importId: number): Promise<void> => {
    expect((await client.send('POST', `/v1/imports/${importId}/revert`)).status).toBe(202)
  }
  const waitUntilReverted = async (importId: number) =>
    waitUntil(`import ${importId} was reverted`, async () => {
      const view = await client.readImport(importId)
      return view.status === 'reverted' ? view : null
    })

  // Held at its first rows for as long as a time slice, and at its last ones until the small one is over.
  const releaseFirst = await hold(1)
  const releaseLast = await hold(GIANT_ROWS)
  await request(giant)
  await waitUntil('the giant revert has used up its time slice', async () => {
    const held = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()
      AND wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '1.1 s' AND query LIKE '%revert-rows%'`
    return ((await queryOnce<{ n: number }>(ownerUrl, held))[0]?.n ?? 0) > 0
  })
  await request(small)
  await releaseFirst()
  await waitUntilReverted(small)
  expect(await client.readImport(giant)).toMatchObject({ status: 'completed', attempts: 1 })
  expect(await countRows(giant)).toBeGreaterThan(0)
  // It yielded; a revert that had failed would have left its place, too.
  expect(system.worker.readOutput()).not.toContain('a job failed')

  await system.worker.kill('SIGKILL')
  await releaseLast()
  await system.startWorker()
  expect(await waitUntilReverted(giant)).toMatchObject({ attempts: 1, delay: null })
  expect((await countRows(giant)) + (await countRows(small))).toBe(0)
  await system.stop()
}
