import { beginAttempt, completeImport, listWebhookDeliveries, recordImportEvent } from '@importer/db'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startReceiver, type Receiver } from '../test/start-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'

const PAST_ALL_RESERVATIONS_MS = 60_000

let world: WebhookWorld
let receiver: Receiver
let secrets: Record<string, string>

beforeAll(async () => {
  world = await openWebhookWorld()
  receiver = await startReceiver()
})
beforeEach(async () => {
  await world.clear()
  receiver.received.length = 0
  secrets = {}
  for (const path of ['/one', '/two']) secrets[path] = (await world.makeEndpoint(`${receiver.url}${path}`)).secret
})
afterAll(async () => {
  await world.stop()
  await receiver.stop()
})

/** Ends an import: from here on every step may be the process's last. */
async function endImport(): Promise<void> {
  const importId = await world.makeImport()
  await completeImport(world.database, { importId, fencingToken: 1 }, 0)
  world.clock = new Date(Date.now() + 1)
}

/** What a process has done of it when it dies; gives the jobs that may still turn up in the queue afterwards. */
const CRASHES: Record<string, () => Promise<readonly { deliveryId: number; turn: number }[]>> = {
  'within the transaction that ends the import': async () => {
    const importId = await world.makeImport()
    const dies = world.database.transaction(async (tx) => {
      await tx.import.update({ where: { id: importId }, data: { status: 'completed' } })
      await recordImportEvent(tx, importId, new Date())
      throw new Error('killed')
    })
    await expect(dies).rejects.toThrow('killed')
    expect(await world.database.prisma.webhookEvent.count()).toBe(0)
    await completeImport(world.database, { importId, fencingToken: 1 }, 0)
    world.clock = new Date(Date.now() + 1)
    return []
  },
  'when the import has ended': async () => {
    await endImport()
    return []
  },
  'when the import has ended, and somebody else ends it again': async () => {
    const importId = await world.makeImport()
    expect(await completeImport(world.database, { importId, fencingToken: 1 }, 0)).toBe(true)
    expect(await completeImport(world.database, { importId, fencingToken: 1 }, 0)).toBe(false)
    world.clock = new Date(Date.now() + 1)
    return []
  },
  'when the delivery is reserved and not queued': async () => {
    await endImport()
    expect(await world.takeDueJobs()).toHaveLength(2)
    return []
  },
  'when its job is queued, and the queue is lost': async () => {
    await endImport()
    expect(await world.takeDueJobs()).toHaveLength(2)
    return []
  },
  'when its job is queued, and comes late': async () => {
    await endImport()
    return world.takeDueJobs()
  },
  'when the attempt has begun': async () => {
    await endImport()
    const jobs = await world.takeDueJobs()
    for (const job of jobs) {
      const reservedUntil = new Date(world.clock.getTime() + 25_000)
      expect(await beginAttempt(world.database, { ...job, now: world.clock, reservedUntil })).not.toBeNull()
    }
    return jobs
  },
  'when it is delivered and not recorded': async () => {
    await endImport()
    const jobs = await world.takeDueJobs()
    for (const job of jobs) {
      await world.attempt(job)
      // As if the record of the answer had never reached the database.
      await world.database.transaction(async (tx) => {
        await tx.webhookDelivery.update({
          where: { id: job.deliveryId },
          data: {
            status: 'pending',
            nextAttemptAt: world.clock,
            finishedAt: null,
            reservedUntil: new Date(world.clock.getTime() + 25_000),
          },
        })
        await tx.webhookAttempt.updateMany({
          where: { deliveryId: job.deliveryId },
          data: { durationMs: null, httpStatus: null, answer: null },
        })
      })
    }
    expect(receiver.received).toHaveLength(2)
    return jobs
  },
  'when it is recorded, and its job comes again': async () => {
    await endImport()
    const jobs = await world.takeDueJobs()
    for (const job of jobs) await world.attempt(job)
    return jobs
  },
}

test.each(Object.entries(CRASHES))('a worker that dies %s', async (_name, crash) => {
  const left = await crash()
  world.passTime(PAST_ALL_RESERVATIONS_MS)
  const due = await world.takeDueJobs()
  for (const job of [...left, ...due, ...left, ...due]) await world.attempt(job)
  await world.deliverAllDue()
  world.passTime(PAST_ALL_RESERVATIONS_MS)
  expect(await world.deliverAllDue()).toBe(0)

  const deliveries = await listWebhookDeliveries(world.database, { orgId: ORG }, { limit: 10 })
  expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered'])
  for (const path of ['/one', '/two']) {
    const requests = receiver.received.filter((request) => request.path === path)
    expect(requests.length).toBeGreaterThan(0)
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1)
    for (const { body, headers } of requests) {
      // The test's clock is a minute ahead, within the verifier's tolerance.
      expect(new Webhook(secrets[path] ?? '').verify(body, headers)).toMatchObject({ type: 'import.completed' })
    }
  }
})

test('two dispatchers and two workers at once make each attempt once', async () => {
  await Promise.all(Array.from({ length: 10 }, endImport))
  const jobs = (await Promise.all([1, 2, 3].map(world.takeDueJobs))).flat()
  expect(jobs).toHaveLength(20)
  expect(new Set(jobs.map(({ deliveryId }) => deliveryId)).size).toBe(20)
  await Promise.all([...jobs, ...jobs].map(async (job) => world.attempt(job)))
  expect(receiver.received).toHaveLength(20)
})
