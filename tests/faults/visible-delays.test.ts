import { afterAll, beforeAll, expect, it } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM, loadReference, makeFaultCase, spreadCoupons, uploadFile } from './fault-case.ts'

const fault = makeFaultCase(1_000)
const other = makeFaultCase(1_000, 1)
const TIMEOUT_MS = 60_000

let system: RunningSystem

beforeAll(async () => {
  system = await startSystem({ ...FAULT_SYSTEM, lanes: 1 })
  for (const each of [fault, other]) await loadReference(system.client, each)
})
afterAll(() => system.stop())

interface Shown {
  readonly status: string
  readonly updatedAt: string
  readonly delay: { readonly code: string; readonly message: string; readonly since: string } | null
  readonly progress: { readonly etaSeconds: number | null }
}

async function show(importId: number): Promise<Shown> {
  return (await (await system.client.get(`/v1/imports/${importId}`)).json()) as Shown
}

async function waitForDelay(importId: number, code: string): Promise<Shown> {
  return waitUntil(
    `the import tells of ${code}`,
    async () => {
      const shown = await show(importId)
      return shown.delay?.code === code ? shown : null
    },
    TIMEOUT_MS,
  )
}

async function expectCompletion(importId: number): Promise<void> {
  await system.client.waitUntilFinished(importId, TIMEOUT_MS)
  expect(await show(importId)).toMatchObject({ status: 'completed', delay: null })
}

it('a batch that the database holds up is told as such', async () => {
  const obstacle = await blockCoupon(system.databaseUrl, spreadCoupons(fault, 1)[0] ?? '')
  const importId = await uploadFile(system.client, fault)
  await obstacle.waitUntilMet()
  const busy = await waitForDelay(importId, 'DATABASE_BUSY')
  expect(busy).toMatchObject({ status: 'processing', progress: { etaSeconds: null } })
  expect(busy.delay?.message).toMatch(/^The database does not answer in time, or is busy\./)
  await obstacle.remove()
  await expectCompletion(importId)
})

it('a worker that is stopped amid a batch is told as silent', async () => {
  const obstacle = await blockCoupon(system.databaseUrl, spreadCoupons(other, 1)[0] ?? '')
  const importId = await uploadFile(system.client, other)
  await obstacle.waitUntilMet()
  system.worker.freeze()
  const silent = await waitForDelay(importId, 'WORKER_SILENT')
  expect(silent.delay?.since).toBe(silent.updatedAt)
  expect(silent.progress.etaSeconds).toBeNull()
  system.worker.thaw()
  await obstacle.remove()
  await expectCompletion(importId)
})

it('an import that no worker takes says so, and goes on once one runs', async () => {
  await system.worker.kill('SIGKILL')
  const importId = await uploadFile(system.client, fault)
  const waiting = await waitForDelay(importId, 'NO_WORKER')
  expect(waiting.status).toBe('queued')
  expect(waiting.delay?.since).toBe(waiting.updatedAt)
  await system.startWorker()
  await expectCompletion(importId)
})
