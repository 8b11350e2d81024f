import { afterAll, beforeAll, expect, it } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { FAULT_SYSTEM, loadReference, makeFaultCase, spreadCoupons, uploadFile } from './fault-case.ts'
import { waitForDelay } from './wait-for-delay.ts'

const fault = makeFaultCase(1_000)
const other = makeFaultCase(1_000, 1)

let system: RunningSystem

beforeAll(async () => {
  system = await startSystem({ ...FAULT_SYSTEM, partitions: 1 })
  for (const each of [fault, other]) await loadReference(system.client, each)
})
afterAll(() => system.stop())

async function expectCompletion(importId: number): Promise<void> {
  expect(await system.client.waitUntilFinished(importId)).toMatchObject({
    status: 'completed',
    delay: null,
    progress: { rowsPerSecond: expect.any(Number), etaSeconds: 0 },
  })
}

it('a batch that the database holds up is reported as such', async () => {
  const obstacle = await blockCoupon(system.ownerUrl, spreadCoupons(fault, 1)[0] ?? '')
  const importId = await uploadFile(system.client, fault)
  await obstacle.waitUntilMet()
  const busy = await waitForDelay(system.client, importId, 'DATABASE_BUSY')
  expect(busy.status).toBe('processing')
  expect(busy.delay?.message).toMatch(/^The database does not answer in time, or is busy\./)
  await obstacle.remove()
  await expectCompletion(importId)
})

it('a worker that is stopped amid a batch is reported as silent', async () => {
  const obstacle = await blockCoupon(system.ownerUrl, spreadCoupons(other, 1)[0] ?? '')
  const importId = await uploadFile(system.client, other)
  await obstacle.waitUntilMet()
  system.worker.freeze()
  const silent = await waitForDelay(system.client, importId, 'WORKER_SILENT')
  expect(silent.delay?.since).toBe(silent.updatedAt)
  system.worker.thaw()
  await obstacle.remove()
  await expectCompletion(importId)
})
