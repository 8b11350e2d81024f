import { beforeAll, describe, expect, it } from 'vitest'

import { openFaultyProxy, type Fault, type FaultyProxy } from '../support/faulty-proxy.ts'
import { blockCoupon } from '../support/obstacle.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, type SystemOptions } from '../support/running-system.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { startS3Storage } from '../support/s3-storage.ts'
import { shopRedemption } from '../support/small-shop.ts'
import { FAULT_SYSTEM, loadReference, makeFaultCase, spreadCoupons, uploadFile, waitForOutcome } from './fault-case.ts'
import { openPaddedShop, PADDED_ROWS, PADDED_UPLOAD } from './padded-shop.ts'

/** The peers are good again for whoever makes a new connection; the old ones are never closed. */
const FAULTS: Fault[] = [
  { kind: 'silent' },
  { kind: 'trickle', bytesPerSecond: 200 },
  { kind: 'slow', delayMs: 100 },
  { kind: 'reset' },
]

const fault = makeFaultCase(1_000)
let undisturbed: WholeOutcome | undefined
let paddedUndisturbed: WholeOutcome | undefined

beforeAll(async () => {
  const system = await startSystem(FAULT_SYSTEM)
  await loadReference(system.client, fault)
  undisturbed = await waitForOutcome(system, await uploadFile(system.client, fault))
  await openPaddedShop(system.client)
  const { jobId } = await system.client.upload(PADDED_UPLOAD)
  paddedUndisturbed = await waitForOutcome(system, jobId)
  await system.stop()
})

/** Disturbs all connections that pass the proxy while the worker is held up amid a batch, and heals the peer at once. */
async function runDisturbed(proxy: FaultyProxy, disturbance: Fault, options: SystemOptions): Promise<WholeOutcome> {
  const system = await startSystem({ ...FAULT_SYSTEM, ...options })
  await loadReference(system.client, fault)
  const obstacle = await blockCoupon(system.ownerUrl, spreadCoupons(fault, 1)[0] ?? '')
  const importId = await uploadFile(system.client, fault)
  await obstacle.waitUntilMet()
  expect(proxy.connections).toBeGreaterThan(0)
  proxy.disturb(disturbance)
  proxy.heal()
  await obstacle.remove()
  const outcome = await waitForOutcome(system, importId)
  // What comes next is worked on as well, by the same processes.
  const next = await uploadFile(system.client, fault)
  expect(await waitForOutcome(system, next)).toMatchObject({ import: { status: 'completed' } })
  await system.stop()
  return outcome
}

/** It waits longest, so it is begun first. */
it.concurrent('an upload to an S3 that falls silent is refused in bounded time, and the next one is taken', async () => {
  const storage = await startS3Storage()
  const system = await startSystem({ ...FAULT_SYSTEM, env: storage.disturbedEnv })
  await openPaddedShop(system.client)
  storage.network.disturb({ kind: 'silent' })
  await expect(system.client.upload(PADDED_UPLOAD)).rejects.toThrow(/503.*STORAGE_UNAVAILABLE/)
  storage.network.heal()
  const { jobId } = await system.client.upload(PADDED_UPLOAD)
  expect(await waitForOutcome(system, jobId)).toEqual(paddedUndisturbed)
  await system.stop()
  await storage.stop()
})

describe.concurrent.each(FAULTS)('connections that are $kind amid an import', (disturbance) => {
  it('to the database, the queue in it', async () => {
    const database = await createTestDatabase()
    const proxy = await openFaultyProxy(database.url, 5432)
    const outcome = await runDisturbed(proxy, disturbance, { database, workerDatabaseUrl: proxy.url })
    expect(outcome).toEqual(undisturbed)
  })

  it.skipIf(!hasRedisServer())('to the queue on Redis', async () => {
    const redis = await startRedisServer()
    const proxy = await openFaultyProxy(redis.url, 6379)
    expect(await runDisturbed(proxy, disturbance, { redisUrl: proxy.url })).toEqual(undisturbed)
    await redis.stop()
  })

  it('to the storage in S3', async () => {
    const storage = await startS3Storage()
    const options = { ...FAULT_SYSTEM, env: storage.env, workerEnv: storage.disturbedEnv }
    const system = await startSystem(options)
    await openPaddedShop(system.client)
    const obstacle = await blockCoupon(system.ownerUrl, shopRedemption(PADDED_ROWS / 4 + 1))
    const { jobId } = await system.client.upload(PADDED_UPLOAD)
    await obstacle.waitUntilMet()
    expect(storage.network.connections).toBeGreaterThan(0)
    storage.network.disturb(disturbance)
    storage.network.heal()
    await obstacle.remove()
    expect(await waitForOutcome(system, jobId)).toEqual(paddedUndisturbed)
    await system.stop()
    await storage.stop()
  })
})
