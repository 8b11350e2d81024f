import { expect, it } from 'vitest'

import type { ImportView } from '@importer/client'
import { openSession } from '../support/open-session.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { STORAGES } from '../support/storages.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 60_000
/** As a worker runs that nobody has configured, and a file of many of its batches. */
const DEFAULTS = { partitions: 3, batchRows: 20_000 } as const
const LARGE_ROWS = 300_000
/** What is promised of a running import, whether its worker is dead or at work. */
const CANCEL_WITHIN_MS = 2_000

async function requestAction(
  system: RunningSystem,
  importId: number,
  action: string,
): Promise<{ status: number; body: ImportView }> {
  const response = await fetch(`http://127.0.0.1:${system.port}/v1/imports/${importId}/${action}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TEST_KEY}` },
  })
  return { status: response.status, body: JSON.parse(await response.text()) as ImportView }
}

async function countRedemptions(system: RunningSystem, importId: number): Promise<number> {
  const [row] = await queryOnce<{ n: number }>(
    system.ownerUrl,
    'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1',
    [importId],
  )
  return row?.n ?? 0
}

async function waitForRows(system: RunningSystem, importId: number, rows: number): Promise<void> {
  await waitUntil(`${rows} rows are there`, async () => (await countRedemptions(system, importId)) >= rows)
}

it('actions do what they say while workers are killed: cancelled, resumed and reverted, an import is exact', async () => {
  const system = await startSystem({ batchRows: 100 })
  const { client } = system
  await openShop(client, ROWS)
  const { jobId: importId } = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, ROWS) })
  for (const rows of [2_000, 12_000]) {
    await waitForRows(system, importId, rows)
    // Killed in the middle of its batches, and the action requested at once.
    await system.worker.kill('SIGKILL')
    const requestedAt = performance.now()
    const cancelled = await requestAction(system, importId, 'cancel')
    expect(performance.now() - requestedAt).toBeLessThan(CANCEL_WITHIN_MS)
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled'])
    expect(cancelled.body.counts.inserted).toBe(await countRedemptions(system, importId))
    await system.startWorker()
    expect((await requestAction(system, importId, 'resume')).status).toBe(202)
  }
  const completed = await client.waitUntilFinished(importId)
  expect(completed.counts).toEqual({ rows: ROWS, inserted: ROWS, duplicates: 0, rejected: 0 })

  expect((await requestAction(system, importId, 'revert')).status).toBe(202)
  await waitUntil('some of it is deleted', async () => (await countRedemptions(system, importId)) < ROWS)
  await system.worker.kill('SIGKILL')
  expect((await requestAction(system, importId, 'resume')).status).toBe(409)
  await system.startWorker()
  const reverted = await waitUntil('it is reverted', async () => {
    const view = await client.readImport(importId)
    return view.status === 'reverted' ? view : null
  })
  expect(reverted.counts).toEqual(completed.counts)
  expect(await countRedemptions(system, importId)).toBe(0)

  const again = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, ROWS) })
  expect((await client.waitUntilFinished(again.jobId)).counts).toEqual(completed.counts)
  await system.stop()
})

it('cancel does not wait for batches that are held up without end, and resumed the import is exact', async () => {
  const rows = 2_000
  const system = await startSystem({ partitions: 3, batchRows: 500 })
  const { client } = system
  await openShop(client, rows)
  system.worker.freeze()
  const file = SHOP_HEADER + shopRows(1, rows) + shopRows(rows + 1, rows + 100)
  const { jobId: importId } = await client.upload({ ...SHOP_FIELDS, file })
  const holder = await openSession(system.ownerUrl)
  // The rows of unknown coupons are rejected: every batch that has one waits for this session, its own row locked.
  await holder.query('BEGIN')
  await holder.query(
    `INSERT INTO rejected_row (import_id, row_number, line, byte_offset, errors)
     SELECT $1, n, n, 0, '{1}' FROM generate_series($2::int, $3::int) n`,
    [importId, rows + 1, rows + 100],
  )
  system.worker.thaw()
  await waitUntil('batches are held up', async () => {
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%commit-batch%'`
    return ((await queryOnce<{ n: number }>(system.ownerUrl, waiting))[0]?.n ?? 0) > 0
  })
  const requestedAt = performance.now()
  const { status, body } = await requestAction(system, importId, 'cancel')
  expect(performance.now() - requestedAt).toBeLessThan(CANCEL_WITHIN_MS)
  expect([status, body.status]).toEqual([200, 'cancelled'])
  expect(await countRedemptions(system, importId)).toBe(body.counts.inserted)
  await holder.query('ROLLBACK')
  await holder.end()

  expect((await requestAction(system, importId, 'resume')).status).toBe(202)
  const { counts, attempts } = await client.waitUntilFinished(importId)
  expect(counts).toEqual({ rows: rows + 100, inserted: rows, duplicates: 0, rejected: 100 })
  expect(attempts).toBe(1)
  expect(system.worker.readOutput()).not.toContain('unexpected error')
  await system.stop()
})

const LARGE_BATCHES =
  'cancel takes effect under the hands of a worker that commits large batches, and every row is accounted for'

it.each(STORAGES)(`${LARGE_BATCHES}, with files in $name`, async ({ open }) => {
  const system = await startSystem({ ...DEFAULTS, env: await open() })
  const { client } = system
  await openShop(client, LARGE_ROWS)
  const { jobId: importId } = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, LARGE_ROWS) })
  await waitForRows(system, importId, DEFAULTS.batchRows)
  const requestedAt = performance.now()
  const { status, body } = await requestAction(system, importId, 'cancel')
  const tookMs = performance.now() - requestedAt
  expect([status, body.status]).toEqual([200, 'cancelled'])
  expect(tookMs).toBeLessThan(CANCEL_WITHIN_MS)
  expect(body.counts.rows).toBeLessThan(LARGE_ROWS)
  const unprocessed = await (await client.get(`/v1/imports/${importId}/unprocessed.csv`)).text()
  expect(unprocessed.trimEnd().split('\n').length - 1 + body.counts.rows).toBe(LARGE_ROWS)

  // The worker that had it has turned to something else, and has committed nothing more.
  const next = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER })
  await client.waitUntilFinished(next.jobId)
  expect(await client.readImport(importId)).toMatchObject({ status: 'cancelled', counts: body.counts })
  expect(await countRedemptions(system, importId)).toBe(body.counts.inserted)
  expect((await requestAction(system, importId, 'resume')).status).toBe(202)
  expect((await client.waitUntilFinished(importId)).counts).toMatchObject({ rows: LARGE_ROWS, inserted: LARGE_ROWS })
  await system.stop()
})
