import { rename } from 'node:fs/promises'
import path from 'node:path'

import type { ImportView } from '@importer/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ImporterClient } from '../support/importer-client.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { readWholeOutcome, type WholeOutcome } from '../support/recorded-outcome.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { startS3Storage, type S3Fault, type S3Storage } from '../support/s3-storage.ts'
import { shopRedemption } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM, waitForOutcome } from './fault-case.ts'
import { openPaddedShop, PADDED_ROWS, PADDED_UPLOAD } from './padded-shop.ts'
import { waitForDelay } from './wait-for-delay.ts'

const FAULTS: readonly (readonly [string, S3Fault, RegExp])[] = [
  ['503 SlowDown', { kind: 'refuse', status: 503, code: 'SlowDown' }, /SlowDown \(HTTP 503\)/],
  ['500 InternalError', { kind: 'refuse', status: 500, code: 'InternalError' }, /InternalError \(HTTP 500\)/],
  ['403 for expired credentials', { kind: 'refuse', status: 403, code: 'ExpiredToken' }, /ExpiredToken \(HTTP 403\)/],
  ['404 for its bucket', { kind: 'refuse', status: 404, code: 'NoSuchBucket' }, /NoSuchBucket \(HTTP 404\)/],
  ['a part of each object', { kind: 'cut', afterBytes: 300_000 }, /ECONNRESET|Error/],
]

async function upload(client: ImporterClient): Promise<number> {
  return (await client.upload(PADDED_UPLOAD)).jobId
}

/** So that the same file is imported again as if it were the first time. */
async function revert({ client }: RunningSystem, importId: number): Promise<void> {
  expect((await client.send('POST', `/v1/imports/${importId}/revert`)).ok).toBe(true)
  await waitUntil('it is reverted', async () => (await client.readImport(importId)).status === 'reverted')
}

function expectDelayed(view: ImportView, reason: RegExp): void {
  expect(view.status).toBe('processing')
  expect(view.delay?.message).toMatch(/^The file storage does not answer\. The import goes on by itself once it does\./)
  expect(view.delay?.message).toMatch(reason)
}

describe('an S3 that answers a worker with', () => {
  let storage: S3Storage
  let system: RunningSystem
  let undisturbed: WholeOutcome

  beforeAll(async () => {
    storage = await startS3Storage()
    system = await startSystem({ ...FAULT_SYSTEM, env: storage.env, workerEnv: storage.disturbedEnv })
    await openPaddedShop(system.client)
    const importId = await upload(system.client)
    undisturbed = await waitForOutcome(system, importId)
    expect(undisturbed.redemptions).toHaveLength(PADDED_ROWS - PADDED_ROWS / 100)
    await revert(system, importId)
  })
  afterAll(async () => {
    await system.stop()
    await storage.stop()
  })

  it.each(FAULTS)('%s from the first read on delays the import', async (_name, fault, reason) => {
    storage.suffer(fault)
    const importId = await upload(system.client)
    expectDelayed(await waitForDelay(system.client, importId, 'STORAGE_UNAVAILABLE'), reason)
    storage.suffer(null)
    expect(await waitForOutcome(system, importId)).toEqual(undisturbed)
    await revert(system, importId)
  })

  it.each(FAULTS)('%s amid an import delays it', async (_name, fault, reason) => {
    const obstacle = await blockCoupon(system.ownerUrl, shopRedemption(PADDED_ROWS / 4 + 1))
    const importId = await upload(system.client)
    await obstacle.waitUntilMet()
    storage.suffer(fault)
    await obstacle.remove()
    const delayed = await waitForDelay(system.client, importId, 'STORAGE_UNAVAILABLE')
    expectDelayed(delayed, reason)
    expect(delayed.counts.rows).toBeGreaterThan(0)
    storage.suffer(null)
    expect(await waitForOutcome(system, importId)).toEqual(undisturbed)
    await revert(system, importId)
  })

  it('503 to a worker that starts delays the imports that it cannot take', async () => {
    await system.worker.kill('SIGKILL')
    const importId = await upload(system.client)
    storage.suffer({ kind: 'refuse', status: 503, code: 'SlowDown' })
    await system.startWorker()
    const delayed = await waitForDelay(system.client, importId, 'STORAGE_UNAVAILABLE')
    expect(delayed.status).toBe('queued')
    expect(delayed.delay?.message).toMatch(/SlowDown \(HTTP 503\)/)
    storage.suffer(null)
    expect(await waitForOutcome(system, importId)).toEqual(undisturbed)
    await revert(system, importId)
  })
})

it('a folder that is away delays an import, with the reason in it, and everything goes on when it is back', async () => {
  const system = await startSystem(FAULT_SYSTEM)
  await openPaddedShop(system.client)
  const first = await upload(system.client)
  const undisturbed = await waitForOutcome(system, first)
  await revert(system, first)

  // Its worker dies amid it, and the next one finds the storage gone: no open file helps.
  const obstacle = await blockCoupon(system.ownerUrl, shopRedemption(PADDED_ROWS / 4 + 1))
  const importId = await upload(system.client)
  await obstacle.waitUntilMet()
  const uploads = path.join(system.dataDir, 'uploads')
  await rename(uploads, `${uploads}-away`)
  await system.worker.kill('SIGKILL')
  await obstacle.remove()
  await system.startWorker()
  const delayed = await waitForDelay(system.client, importId, 'STORAGE_UNAVAILABLE')
  expectDelayed(delayed, /not the one that belongs to this database|ENOENT/)
  await expect(upload(system.client)).rejects.toThrow(/503/)
  await expect(readWholeOutcome(system, importId)).rejects.toThrow(/503/)

  await rename(`${uploads}-away`, uploads)
  expect(await waitForOutcome(system, importId)).toEqual(undisturbed)
  await system.stop()
})
