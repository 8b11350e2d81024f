import { afterAll, beforeAll, expect, it } from 'vitest'

import type { ImportView } from '../support/importer-client.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 60_000
/** What is promised of a running import; here its worker is dead. */
const CANCEL_WITHIN_MS = 2_000

let system: RunningSystem

beforeAll(async () => {
  system = await startSystem({ batchRows: 100 })
  await openShop(system.client, ROWS)
})
afterAll(async () => system.stop())

async function pull(importId: number, lever: string): Promise<{ status: number; body: ImportView }> {
  const response = await fetch(`http://127.0.0.1:${system.port}/v1/imports/${importId}/${lever}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TEST_KEY}` },
  })
  return { status: response.status, body: JSON.parse(await response.text()) as ImportView }
}

async function countRedemptions(importId: number): Promise<number> {
  const [row] = await queryOnce<{ n: number }>(
    system.databaseUrl,
    'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1',
    [importId],
  )
  return row?.n ?? 0
}

async function waitForRows(importId: number, rows: number): Promise<void> {
  await waitUntil(`${rows} rows are there`, async () => (await countRedemptions(importId)) >= rows)
}

it('levers do what they say while workers are killed: cancelled, resumed and reverted, an import is exact', async () => {
  const { client } = system
  const { jobId: importId } = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, ROWS) })
  for (const rows of [2_000, 12_000]) {
    await waitForRows(importId, rows)
    // Killed in the middle of its batches, and the lever pulled at once.
    await system.worker.kill('SIGKILL')
    const pulledAt = performance.now()
    const cancelled = await pull(importId, 'cancel')
    expect(performance.now() - pulledAt).toBeLessThan(CANCEL_WITHIN_MS)
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled'])
    expect(cancelled.body.counts.inserted).toBe(await countRedemptions(importId))
    await system.startWorker()
    expect((await pull(importId, 'resume')).status).toBe(202)
  }
  const completed = await client.waitUntilFinished(importId)
  expect(completed.counts).toEqual({ rows: ROWS, inserted: ROWS, duplicates: 0, rejected: 0 })

  expect((await pull(importId, 'revert')).status).toBe(202)
  await waitUntil('some of it is deleted', async () => (await countRedemptions(importId)) < ROWS)
  await system.worker.kill('SIGKILL')
  expect((await pull(importId, 'resume')).status).toBe(409)
  await system.startWorker()
  const reverted = await waitUntil('it is reverted', async () => {
    const view = await client.readImport(importId)
    return view.status === 'reverted' ? view : null
  })
  expect(reverted.counts).toEqual(completed.counts)
  expect(await countRedemptions(importId)).toBe(0)

  const again = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, ROWS) })
  expect((await client.waitUntilFinished(again.jobId)).counts).toEqual(completed.counts)
})
