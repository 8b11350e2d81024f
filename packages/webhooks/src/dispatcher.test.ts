import { beginAttempt, type ReservedDelivery } from '@importer/db'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'
import { queueDueDeliveries, type DispatcherOptions } from './dispatcher.ts'

const SLOTS = {
  mostPerReceiver: 4,
  mostPerFailing: 1,
  mostFailingPerOrg: 3,
  mostFailing: 5,
  mostPerOrg: 8,
  mostInAll: 20,
}
const OTHER_ORG = ORG + 1
const THIRD_ORG = ORG + 2
const HANGING_MS = 2_000

let world: WebhookWorld
let options: DispatcherOptions
const queued: ReservedDelivery[] = []

beforeAll(async () => {
  world = await openWebhookWorld()
  await world.database.prisma.organization.createMany({ data: [{ id: OTHER_ORG }, { id: THIRD_ORG }] })
  options = {
    database: world.database,
    queue: { enqueueAll: async (jobs) => void queued.push(...jobs.map(({ payload }) => payload)) },
    log: world.log,
    now: () => world.clock,
    slots: SLOTS,
  }
})
beforeEach(async () => {
  await world.clear()
  queued.length = 0
})
afterAll(() => world.stop())

interface PendingDeliveries {
  readonly org?: number
  /** Whether the endpoint's last attempt failed. */
  readonly failing?: boolean
  readonly callback?: boolean
  /** Deliveries that are due, oldest first. */
  readonly due: number
  /** Deliveries that have failed and wait for another attempt. */
  readonly waiting?: number
}

let receivers = 0

/** Creates a receiver with pending deliveries; returns its name. */
async function createReceiver({
  org = ORG,
  failing = false,
  callback = false,
  due,
  waiting = 0,
}: PendingDeliveries): Promise<string> {
  const { prisma } = world.database
  receivers += 1
  const data = { orgId: org, url: `https://hooks${receivers}.example.com/`, failingSince: failing ? world.clock : null }
  const endpoint = callback ? null : await prisma.webhookEndpoint.create({ data })
  const receiver = endpoint === null ? `callback:${org}:${data.url}` : `endpoint:${endpoint.id}`
  for (let number = 0; number < due + waiting; number += 1) {
    const event = await prisma.webhookEvent.create({
      data: { orgId: org, type: 'webhook.test', body: '{}', occurredAt: world.clock },
    })
    const isDue = number < due
    await prisma.webhookDelivery.create({
      data: {
        orgId: org,
        eventId: event.id,
        receiver,
        ...(endpoint === null ? { callbackUrl: data.url } : { endpointId: endpoint.id }),
        nextAttemptAt: new Date(world.clock.getTime() + (isDue ? number - 1_000 : 300_000)),
        failedAttempts: isDue ? 0 : 2,
      },
    })
  }
  return receiver
}

/** One pass; how many slots each receiver got in it. */
async function dispatch(): Promise<Record<string, number>> {
  await queueDueDeliveries(options)
  const slots: Record<string, number> = {}
  for (const { deliveryId } of queued.splice(0)) {
    const { receiver } = await world.database.prisma.webhookDelivery.findUniqueOrThrow({ where: { id: deliveryId } })
    slots[receiver] = (slots[receiver] ?? 0) + 1
  }
  return slots
}

/** Every reserved delivery has begun, and hangs. */
async function beginAll(): Promise<void> {
  const inFlight = await world.database.prisma.webhookDelivery.findMany({ where: { reservedUntil: { not: null } } })
  const reservedUntil = new Date(world.clock.getTime() + 25_000)
  for (const { id, turn } of inFlight) {
    await beginAttempt(world.database, { deliveryId: Number(id), turn, now: world.clock, reservedUntil })
  }
}

describe('the slots of one receiver are', () => {
  test.each<[string, PendingDeliveries, number]>([
    ['four for an endpoint', { due: 9 }, SLOTS.mostPerReceiver],
    ['one for an endpoint whose last attempt failed', { due: 9, failing: true }, SLOTS.mostPerFailing],
    ['four for an endpoint that works again, whatever waits', { due: 9, waiting: 1 }, SLOTS.mostPerReceiver],
    ['four for a callback host', { due: 9, callback: true }, SLOTS.mostPerReceiver],
    ['one for a callback host that failed', { due: 9, callback: true, waiting: 1 }, SLOTS.mostPerFailing],
    ['no more than it needs', { due: 2 }, 2],
  ])('%s', async (_name, pending, slots) => {
    const receiver = await createReceiver(pending)
    expect(await dispatch()).toEqual({ [receiver]: slots })
    expect(await dispatch()).toEqual({})
  })

  test('not filled up again once an attempt hangs', async () => {
    const receiver = await createReceiver({ due: 3 })
    await dispatch()
    await beginAll()
    const { prisma } = world.database
    const [hung] = await prisma.webhookDelivery.findMany({ where: { receiver }, orderBy: { id: 'asc' } })
    const more = async () =>
      prisma.webhookDelivery.updateMany({ where: { id: { gt: hung?.id ?? 0n } }, data: { reservedUntil: null } })
    await more()
    world.passTime(HANGING_MS - 1)
    expect(await dispatch()).toEqual({ [receiver]: 2 })
    await more()
    world.passTime(1)
    expect(await dispatch()).toEqual({})
  })
})

test('an organization has so many slots and leaves the others to others', async () => {
  const many = [await createReceiver({ due: 4 }), await createReceiver({ due: 4 }), await createReceiver({ due: 4 })]
  const other = await createReceiver({ due: 9, org: OTHER_ORG })
  const { [other]: ofOther, ...ofMany } = await dispatch()
  expect(ofOther).toBe(SLOTS.mostPerReceiver)
  expect(Object.keys(ofMany).toSorted()).toEqual(many.toSorted())
  expect(Object.values(ofMany).toSorted((one, two) => one - two)).toEqual([2, 3, 3])
})

test('the failing receivers of an organization leave slots to its others', async () => {
  const failing = []
  for (let number = 0; number < 9; number += 1) failing.push(await createReceiver({ due: 2, failing: true }))
  const live = await createReceiver({ due: 9 })
  const { [live]: ofLive, ...ofFailing } = await dispatch()
  expect(ofLive).toBe(SLOTS.mostPerReceiver)
  expect(Object.values(ofFailing)).toEqual(Array.from({ length: SLOTS.mostFailingPerOrg }, () => 1))
  // They hang, and that changes nothing for those that do not.
  await beginAll()
  world.passTime(HANGING_MS)
  const late = await createReceiver({ due: 1 })
  expect(await dispatch()).toEqual({ [late]: 1 })
})

test('the failing receivers of all organizations together leave slots to all others', async () => {
  for (const org of [ORG, OTHER_ORG, THIRD_ORG]) {
    for (let number = 0; number < 3; number += 1) await createReceiver({ due: 2, failing: true, org })
  }
  const live = await createReceiver({ due: 2, org: THIRD_ORG })
  const { [live]: ofLive, ...ofFailing } = await dispatch()
  expect(ofLive).toBe(2)
  expect(Object.values(ofFailing)).toHaveLength(SLOTS.mostFailing)
})

test('no more are queued than can be worked on: whoever comes then gets the next free slot, before all that waits', async () => {
  for (const org of [ORG, OTHER_ORG, THIRD_ORG]) {
    await createReceiver({ due: 9, org })
    await createReceiver({ due: 9, org })
  }
  const first = await dispatch()
  expect(Object.values(first).reduce((sum, slots) => sum + slots, 0)).toBe(SLOTS.mostInAll)
  const late = await createReceiver({ due: 1 })
  expect(await dispatch()).toEqual({})
  const { prisma } = world.database
  const ended = await prisma.webhookDelivery.findFirstOrThrow({ where: { reservedUntil: { not: null }, orgId: ORG } })
  await prisma.webhookDelivery.update({ where: { id: ended.id }, data: { reservedUntil: null } })
  expect(await dispatch()).toEqual({ [late]: 1 })
})

test('a slot that an organization may not have goes to the failing receiver of another one', async () => {
  const live = [await createReceiver({ due: 4 }), await createReceiver({ due: 4 })]
  for (let number = 0; number < 3; number += 1) await createReceiver({ due: 1, failing: true })
  const failing = []
  for (const org of [OTHER_ORG, OTHER_ORG, OTHER_ORG, THIRD_ORG, THIRD_ORG]) {
    failing.push(await createReceiver({ due: 1, failing: true, org }))
  }
  const slots = await dispatch()
  expect(live.map((receiver) => slots[receiver])).toEqual([4, 4])
  expect(Object.keys(slots).toSorted()).toEqual([...live, ...failing].toSorted())
})

test('a free slot goes to the receiver that holds fewest, though others have waited longer', async () => {
  const dead = [await createReceiver({ due: 9 }), await createReceiver({ due: 9 })]
  expect(await dispatch()).toEqual({ [dead[0] ?? '']: 4, [dead[1] ?? '']: 4 })
  const live = await createReceiver({ due: 9 })
  expect(await dispatch()).toEqual({})
  const { prisma } = world.database
  const ended = await prisma.webhookDelivery.findMany({ where: { reservedUntil: { not: null } }, take: 3 })
  await prisma.webhookDelivery.updateMany({
    where: { id: { in: ended.map(({ id }) => id) } },
    data: { reservedUntil: null },
  })
  expect((await dispatch())[live]).toBeGreaterThanOrEqual(2)
})

test('receivers are served in turn: the first delivery of each before the second of any', async () => {
  const names = [
    await createReceiver({ due: 4 }),
    await createReceiver({ due: 4 }),
    await createReceiver({ due: 1, callback: true }),
    await createReceiver({ due: 4 }),
  ]
  const slots = await dispatch()
  expect(Object.keys(slots).toSorted()).toEqual(names.toSorted())
  expect(Object.values(slots).toSorted((one, two) => one - two)).toEqual([1, 2, 2, 3])
})

test('what the queue refuses is given back, and the next pass finds it', async () => {
  const receiver = await createReceiver({ due: 2 })
  const refusing = { enqueueAll: async () => Promise.reject(new Error('away')) }
  expect(await queueDueDeliveries({ ...options, queue: refusing })).toBe(0)
  expect(await dispatch()).toEqual({ [receiver]: 2 })
})
