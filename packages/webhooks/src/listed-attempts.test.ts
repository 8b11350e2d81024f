import { completeImport, findWebhookDelivery, listWebhookDeliveries, redeliver } from '@importer/db'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startReceiver, type Receiver } from '../test/start-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'

let world: WebhookWorld
let receiver: Receiver

beforeAll(async () => {
  world = await openWebhookWorld()
  receiver = await startReceiver()
})
afterAll(async () => {
  await world.stop()
  await receiver.stop()
})

test('a delivery is listed with its last 20 attempts, however often it was sent', async () => {
  receiver.answer = (response) => response.writeHead(500).end()
  await world.makeEndpoint(receiver.url)
  const importId = await world.makeImport()
  await completeImport(world.database, { importId, fencingToken: 1 }, 0)
  world.clock = new Date()
  const find = async () => listWebhookDeliveries(world.database, { orgId: ORG }, { limit: 10 })
  const [{ id } = { id: 0 }] = await find()
  for (let round = 1; round <= 25; round += 1) {
    expect(await world.deliverAllDue()).toBe(1)
    expect(await redeliver(world.database, { orgId: ORG, id: BigInt(id), now: world.clock })).toBe('queued')
  }
  const [{ attempts } = { attempts: [] }, ...more] = await find()
  expect(more).toEqual([])
  expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, n) => n + 6))
  expect(attempts).toMatchObject(attempts.map(() => ({ url: receiver.url, httpStatus: 500, startedAt: world.clock })))
  expect(await findWebhookDelivery(world.database, { orgId: ORG, id: BigInt(id) })).toMatchObject({ attempts })
})
