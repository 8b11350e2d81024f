/** An action answers within a second and takes effect within two, on a large import whose worker commits large batches. */
import type { ImportView } from '@importer/client'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { queryOnce } from '../support/query-once.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 300_000
const UNKNOWN_COUPON = 999_999
/** As a worker runs that nobody has configured. */
const DEFAULTS = { partitions: 3, batchRows: 20_000 } as const
const ANSWER_WITHIN_MS = 1_000
const EFFECT_WITHIN_MS = 2_000

let system: RunningSystem

beforeAll(async () => {
  system = await startSystem(DEFAULTS)
  await openShop(system.client, ROWS)
})
afterAll(() => system.stop())

async function countRedemptions(importId: number): Promise<number> {
  const count = 'SELECT count(*)::int AS n FROM redemption WHERE import_id = $1'
  return (await queryOnce<{ n: number }>(system.ownerUrl, count, [importId]))[0]?.n ?? 0
}

/** Requests the action, and holds its answer and its effect to their limits. */
async function act(
  importId: number,
  action: string,
  hasEffect: (answer: ImportView) => Promise<boolean>,
): Promise<ImportView> {
  const requestedAt = performance.now()
  const answer = await system.client.send('POST', `/v1/imports/${importId}/${action}`, '{}')
  const view = (await answer.json()) as ImportView
  const answerMs = performance.now() - requestedAt
  expect(answer.ok, action).toBe(true)
  await waitUntil(`${action} took effect`, async () => hasEffect(view))
  const effectMs = performance.now() - requestedAt
  expect(answerMs, `answer to ${action}`).toBeLessThan(ANSWER_WITHIN_MS)
  expect(effectMs, `effect of ${action}`).toBeLessThan(EFFECT_WITHIN_MS)
  return view
}

test('cancel, resume, retry-rejected and revert', async () => {
  const { client } = system
  const file = `${SHOP_HEADER}${shopRow(UNKNOWN_COUPON)}\n${shopRows(1, ROWS)}`
  const { jobId: importId } = await client.upload({ ...SHOP_FIELDS, file })
  await waitUntil('some batches were committed', async () => (await countRedemptions(importId)) >= DEFAULTS.batchRows)

  const cancelled = await act(
    importId,
    'cancel',
    async () => (await client.readImport(importId)).status === 'cancelled',
  )
  await act(importId, 'resume', async () => (await client.readImport(importId)).status === 'processing')
  const { counts } = await client.waitUntilFinished(importId)
  expect(counts).toMatchObject({ inserted: ROWS, rejected: 1 })
  expect(cancelled.counts.rows).toBeLessThan(ROWS)

  const retry = await act(
    importId,
    'retry-rejected',
    async ({ id }) => (await client.readImport(id)).status === 'completed',
  )
  expect(retry.retryOf).toBe(importId)
  await act(importId, 'revert', async () => (await countRedemptions(importId)) < ROWS)
})
