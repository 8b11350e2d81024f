/** When an endpoint that fails is disabled: after five days of failures, counted over days with attempts. */
import { findWebhookEndpoint, updateWebhookEndpoint } from '@importer/db'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startReceiver, type Receiver } from '../test/start-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'

const DAY = 24 * 60 * 60_000

let world: WebhookWorld
let receiver: Receiver

beforeAll(async () => {
  world = await openWebhookWorld()
  receiver = await startReceiver()
})
beforeEach(async () => {
  await world.clear()
  receiver.received.length = 0
  receiver.answer = (response) => response.writeHead(204).end()
  world.clock = new Date()
})
afterAll(async () => {
  await world.stop()
  await receiver.stop()
})

test('five days of failures disable an endpoint; one success in between starts the count again', async () => {
  const { id } = await world.makeEndpoint(receiver.url)
  const find = async () => findWebhookEndpoint(world.database, { orgId: ORG, id })
  const fail = (status: number) => {
    receiver.answer = (response) => response.writeHead(status).end()
  }
  const notifyOnceMore = async () => {
    await world.endImport()
    await world.database.prisma.webhookDelivery.updateMany({
      where: { status: 'pending' },
      data: { nextAttemptAt: world.clock },
    })
    await world.deliverAllDue()
  }
  fail(503)
  await notifyOnceMore()
  world.passTime(4.9 * DAY)
  fail(200)
  await notifyOnceMore()
  expect(await find()).toMatchObject({ status: 'active', failingSince: null })
  fail(503)
  await notifyOnceMore()
  expect((await find())?.failingSince).toEqual(world.clock)
  for (const passedMs of [2 * DAY - 1, 2 * DAY - 1, DAY + 1]) {
    world.passTime(passedMs)
    await notifyOnceMore()
    expect(await find()).toMatchObject({ status: 'active' })
  }
  world.passTime(1)
  await notifyOnceMore()
  expect(await find()).toMatchObject({ status: 'disabled', disabledReason: 'FAILING' })
  expect(new Set((await world.listAll()).map(({ status }) => status))).not.toContain('pending')
})

test('days in which nothing was attempted are no days of failures: two of them begin the five anew', async () => {
  const { id } = await world.makeEndpoint(receiver.url)
  const find = async () => findWebhookEndpoint(world.database, { orgId: ORG, id })
  receiver.answer = (response) => response.writeHead(503).end()
  await world.endImport()
  await world.deliverAllDue()
  world.passTime(9 * DAY)
  expect(await world.deliverAllDue()).toBe(1)
  expect(await find()).toMatchObject({ status: 'active', failingSince: world.clock })
  expect(await world.onlyOne()).toMatchObject({ status: 'pending' })
})

const change = async (id: number, changes: Parameters<typeof updateWebhookEndpoint>[2]) =>
  updateWebhookEndpoint(world.database, { orgId: ORG, id, actor: { type: 'system', name: 'test' } }, changes)

/** What happens to an endpoint while an attempt at it is under way, and what has become of both when that has ended. */
const MEANWHILE: readonly (readonly [
  name: string,
  status: number,
  meanwhile: (id: number) => Promise<unknown>,
  endpoint: object,
  delivery: object,
])[] = [
  [
    'recovers is not disabled for five days of failures',
    500,
    async (id) => world.database.prisma.webhookEndpoint.update({ where: { id }, data: { failingSince: null } }),
    { status: 'active', failingSince: expect.any(Date) },
    { status: 'pending', failureCode: null, nextAttemptAt: expect.any(Date) },
  ],
  [
    'is enabled is not disabled for five days of failures',
    500,
    async (id) => change(id, { status: 'active' }),
    { status: 'active', failingSince: expect.any(Date) },
    { status: 'pending', failureCode: null },
  ],
  [
    'gets another URL is not disabled for the failures of the former',
    500,
    async (id) =>
      updateWebhookEndpoint(
        world.database,
        { orgId: ORG, id, actor: { type: 'system', name: 'test' } },
        { url: `${receiver.url}/new` },
      ),
    { status: 'active', failingSince: null },
    { status: 'pending', failureCode: null },
  ],
  [
    'gets another URL is not disabled as the former is gone',
    410,
    async (id) =>
      updateWebhookEndpoint(
        world.database,
        { orgId: ORG, id, actor: { type: 'system', name: 'test' } },
        { url: `${receiver.url}/new` },
      ),
    { status: 'active', failingSince: null },
    { status: 'pending', failureCode: null },
  ],
  [
    'is given the URL that it has is disabled all the same',
    500,
    async (id) => change(id, { url: receiver.url }),
    { status: 'disabled', disabledReason: 'FAILING' },
    { status: 'failed', failureCode: 'ENDPOINT_DISABLED' },
  ],
]

test.each(MEANWHILE)('an endpoint that %s', async (_name, status, meanwhile, endpoint, delivery) => {
  const { id } = await world.makeEndpoint(receiver.url)
  await world.endImport()
  const failingSince = new Date(world.clock.getTime() - 6 * DAY)
  await world.database.prisma.webhookEndpoint.update({ where: { id }, data: { failingSince, failedAt: world.clock } })
  receiver.answer = (response) => {
    meanwhile(id).then(
      () => response.writeHead(status).end(),
      () => response.destroy(),
    )
  }
  const [job] = await world.takeDueJobs()
  if (job === undefined) throw new Error('nothing was due')
  await world.attempt(job)
  expect((await world.onlyOne()).attempts).toMatchObject([{ httpStatus: status }])
  expect(await findWebhookEndpoint(world.database, { orgId: ORG, id })).toMatchObject(endpoint)
  expect(await world.onlyOne()).toMatchObject(delivery)
})
