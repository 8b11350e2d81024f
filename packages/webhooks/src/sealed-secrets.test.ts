import { randomBytes } from 'node:crypto'

import {
  completeImport,
  ensureOrgSecret,
  listWebhookDeliveries,
  resealSecrets,
  rotateWebhookSecret,
  SealedSecretError,
  wakeUnsigned,
} from '@importer/db'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { startReceiver, type Receiver } from '../test/start-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let receiver: Receiver
/** The same database as processes with other values of SECRETS_KEY see it. */
let withOld: WebhookWorld
let withBoth: WebhookWorld
let withNew: WebhookWorld
let without: WebhookWorld

beforeAll(async () => {
  receiver = await startReceiver()
  const urls = await createTestDatabase()
  const open = async (secretsKeys: Buffer[]): Promise<WebhookWorld> => openWebhookWorld({ secretsKeys, urls })
  withOld = await open([OLD])
  withBoth = await open([NEW, OLD])
  withNew = await open([NEW])
  without = await open([])
})
beforeEach(async () => {
  await withOld.clear()
  receiver.received.length = 0
  receiver.answer = (response) => response.writeHead(204).end()
})
afterAll(async () => {
  for (const world of [withOld, withBoth, withNew, without]) await world.stop()
  await receiver.stop()
})

async function readStored(): Promise<string[]> {
  const rows = await withOld.database.prisma.webhookSecret.findMany({ orderBy: { id: 'asc' } })
  return rows.map(({ secret }) => secret)
}

/** An import ends, and what this process can send of it is sent; gives the paths that it came to. */
async function deliver(world: WebhookWorld): Promise<string[]> {
  receiver.received.length = 0
  const importId = await world.makeImport({ callbackUrl: `${receiver.url}/own` })
  await completeImport(world.database, { importId, fencingToken: 1 }, 0)
  world.clock = new Date()
  await world.deliverAllDue()
  return receiver.received.map(({ path }) => path).toSorted()
}

/** Throws unless each of these has come, signed with its secret. */
function verify(secrets: Readonly<Record<string, string>>): void {
  expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(Object.keys(secrets).toSorted())
  for (const { path, headers, body } of receiver.received) {
    expect(new Webhook(secrets[path] ?? '').verify(body, headers)).toMatchObject({ type: 'import.completed' })
  }
}

test('secrets are sealed in the database, of endpoints, of the organization, made or rotated, and sign as they were shown', async () => {
  const endpoint = await withOld.makeEndpoint(`${receiver.url}/endpoint`)
  // Nobody has looked at the organization's own yet: it is made by the first delivery.
  await deliver(withOld)
  const own = await ensureOrgSecret(withOld.database, ORG)
  verify({ '/endpoint': endpoint.secret, '/own': own })
  const rotated = await rotateWebhookSecret(withOld.database, { orgId: ORG, endpointId: endpoint.id, now: new Date() })
  if (typeof rotated === 'string') throw new Error(rotated)
  const stored = await readStored()
  expect(stored).toHaveLength(3)
  for (const each of stored) expect(each).toMatch(/^sealed:1:/)
  await deliver(withOld)
  verify({ '/endpoint': rotated.secret, '/own': own })
})

test('what was stored unsealed is sealed, and what another key sealed is sealed anew: that key can go', async () => {
  const { secret } = await without.makeEndpoint(`${receiver.url}/endpoint`)
  const own = await ensureOrgSecret(without.database, ORG)
  const secrets = { '/endpoint': secret, '/own': own }
  expect(await readStored()).toEqual([secret, own])
  await deliver(withOld)
  verify(secrets)

  expect(await resealSecrets(without.database)).toEqual({ resealed: 0, unreadable: [], reached: 0 })
  for (const world of [withOld, withBoth]) {
    const before = await readStored()
    expect(await resealSecrets(world.database)).toEqual({ resealed: 2, unreadable: [], reached: 0 })
    expect(await resealSecrets(world.database)).toEqual({ resealed: 0, unreadable: [], reached: 0 })
    const after = await readStored()
    for (const each of after) expect(each).toMatch(/^sealed:1:/)
    expect(after.filter((each) => before.includes(each))).toEqual([])
  }
  await deliver(withBoth)
  verify(secrets)
  await deliver(withNew)
  verify(secrets)
})

test('of many secrets a page is sealed anew at a time, the next from where that stopped, past those that no key opens', async () => {
  const { secrets } = withOld.database
  const owner = { orgId: ORG, endpointId: null }
  const rows = Array.from({ length: 502 }, (_, index) => ({
    orgId: ORG,
    secret: index === 0 ? 'sealed:2:of a later version' : secrets.seal(`whsec_${index}`, owner),
    createdAt: new Date(index),
    expiresAt: new Date(index),
  }))
  await withOld.database.prisma.webhookSecret.createMany({ data: rows })
  const first = await resealSecrets(withBoth.database)
  expect([first.resealed, first.unreadable.length]).toEqual([499, 1])
  expect(await resealSecrets(withBoth.database, first.reached)).toEqual({ resealed: 2, unreadable: [], reached: 0 })
  expect(await resealSecrets(withBoth.database)).toMatchObject({ resealed: 0, unreadable: [expect.anything()] })
})

test('a secret that no key opens delays its deliveries without end, says so, and they are sent once the key is back', async () => {
  const endpoint = await withOld.makeEndpoint(`${receiver.url}/endpoint`)
  const own = await ensureOrgSecret(withOld.database, ORG)
  const secrets = { '/endpoint': endpoint.secret, '/own': own }
  expect(await deliver(withNew)).toEqual([])
  // Longer than the schedule of failures is, and than what disables an endpoint.
  for (let day = 1; day <= 9; day += 1) {
    withNew.passTime(DAY_MS)
    expect(await withNew.deliverAllDue()).toBe(2)
  }
  const list = await listWebhookDeliveries(withNew.database, { orgId: ORG }, { limit: 10 })
  expect(list).toHaveLength(2)
  for (const delivery of list) {
    expect(delivery).toMatchObject({ status: 'pending', failureCode: null })
    // Ten attempts, on record once: the first of them.
    expect(delivery.attempts).toMatchObject([{ number: 1, errorCode: 'SECRET_UNREADABLE', httpStatus: null }])
    expect(delivery.nextAttemptAt).toEqual(new Date(withNew.clock.getTime() + 6 * HOUR_MS))
  }
  const lines = withNew.logged.map(
    (line) => JSON.parse(line) as { level: string; endpointId?: number; importId?: number; msg: string },
  )
  const error = lines.find(({ level, endpointId }) => level === 'error' && endpointId === endpoint.id)
  expect(error?.importId).toBe(list[0]?.importId)
  expect(error?.msg).toMatch(
    new RegExp(`the secret of webhook endpoint ${endpoint.id} of organization ${ORG} cannot be opened: .* add the key`),
  )
  const { unreadable } = await resealSecrets(withNew.database)
  expect(unreadable).toEqual([expect.any(SealedSecretError), expect.any(SealedSecretError)])
  await expect(ensureOrgSecret(withNew.database, ORG)).rejects.toThrow(/the own webhook secret of organization/)

  // A worker that starts with the key wakes them.
  withBoth.clock = withNew.clock
  expect(await withBoth.deliverAllDue()).toBe(0)
  await wakeUnsigned(withBoth.database, withBoth.clock)
  expect(await withBoth.deliverAllDue()).toBe(2)
  for (const { attempts } of await listWebhookDeliveries(withNew.database, { orgId: ORG }, { limit: 10 })) {
    expect(attempts).toMatchObject([
      { number: 1, errorCode: 'SECRET_UNREADABLE' },
      { number: 2, httpStatus: 204 },
    ])
  }
  const verifiers = new Map(Object.entries(secrets).map(([path, secret]) => [path, new Webhook(secret)]))
  for (const { path, headers, body } of receiver.received) {
    // A library refuses what is signed at another time than now: the clock of this test is days ahead.
    const timestamp = new Date(Number(headers['webhook-timestamp']) * 1000)
    expect(verifiers.get(path)?.sign(headers['webhook-id'] ?? '', timestamp, body)).toBe(headers['webhook-signature'])
  }
  expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/endpoint', '/own'])
})

test('rotation gives an endpoint a secret that opens, also where its former one does not', async () => {
  const endpoint = await withOld.makeEndpoint(`${receiver.url}/endpoint`)
  const own = await ensureOrgSecret(withNew.database, ORG)
  expect(await deliver(withNew)).toEqual(['/own'])
  const rotated = await rotateWebhookSecret(withNew.database, {
    orgId: ORG,
    endpointId: endpoint.id,
    now: withNew.clock,
  })
  if (typeof rotated === 'string') throw new Error(rotated)
  // What waited for it is due, too.
  expect(await withNew.deliverAllDue()).toBe(1)
  verify({ '/endpoint': rotated.secret, '/own': own })
})
