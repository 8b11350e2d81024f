import { ensureOrgSecret, failImport, findWebhookEndpoint, redeliver, rotateWebhookSecret } from '@importer/db'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startReceiver, type Receiver } from '../test/start-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

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

test('the end of an import is sent to its callback URL and to every endpoint that wants it, verifiably', async () => {
  const one = await world.makeEndpoint(`${receiver.url}/one`)
  const two = await world.makeEndpoint(`${receiver.url}/two`)
  await world
    .makeEndpoint(`${receiver.url}/three`)
    .then(async ({ id }) =>
      world.database.prisma.webhookEndpoint.update({ where: { id }, data: { eventTypes: ['import.failed'] } }),
    )
  const importId = await world.endImport({
    callbackUrl: `${receiver.url}/callback?x=1`,
    baseUrl: 'https://coupons.example.com',
  })
  expect(await world.deliverAllDue()).toBe(3)

  const org = await world.database.prisma.webhookSecret.findFirstOrThrow({ where: { endpointId: null } })
  const secrets: Record<string, string> = { '/one': one.secret, '/two': two.secret, '/callback?x=1': org.secret }
  expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(Object.keys(secrets).toSorted())
  for (const { path, headers, body } of receiver.received) {
    expect(new Webhook(secrets[path] ?? '').verify(body, headers)).toMatchObject({
      type: 'import.completed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: {
        id: importId,
        status: 'completed',
        outcome: 'success',
        links: { self: `https://coupons.example.com/v1/imports/${importId}` },
      },
    })
    expect(headers['content-type']).toBe('application/json')
  }
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
  expect((await world.listAll()).map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered'])
})

test('an import ends whatever its callback URL is, and the record says what was wrong with it', async () => {
  await world.endImport({ callbackUrl: `https://${'界'.repeat(1_900)}/` })
  await world.deliverAllDue()
  expect(await world.onlyOne()).toMatchObject({ status: 'pending', attempts: [{ errorCode: 'URL_NOT_ALLOWED' }] })
})

test('a failed import is reported as such, and an import that nobody wants to hear of makes no event', async () => {
  await world.endImport()
  expect(await world.database.prisma.webhookEvent.count()).toBe(0)
  await world.makeEndpoint(receiver.url)
  const importId = await world.makeImport()
  await failImport(world.database, { importId, fencingToken: 1 }, { code: 'NOT_CSV', message: 'no' })
  world.catchUp()
  await world.deliverAllDue()
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
    type: 'import.failed',
    data: { failure: { code: 'NOT_CSV' } },
  })
})

test('a body stays under 20 kB, however much was noted with the import', async () => {
  await world.makeEndpoint(receiver.url)
  await world.endImport({ metadata: { note: 'ü'.repeat(30_000) } })
  await world.deliverAllDue()
  const body = receiver.received[0]?.body ?? ''
  expect(Buffer.byteLength(body)).toBeLessThan(20_000)
  expect(JSON.parse(body).data).toMatchObject({ metadata: null, truncated: ['metadata'] })
})

test('a failing receiver is tried by the schedule, with the same bytes and id, then given up; it can be sent again', async () => {
  const { secret } = await world.makeEndpoint(receiver.url)
  await world.endImport()
  receiver.answer = (response) => response.writeHead(500).end('out of order\u0000\u001b[31m')
  for (const wait of [0, 5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]) {
    world.passTime(wait - 1)
    if (wait > 0) expect(await world.deliverAllDue()).toBe(0)
    world.passTime(1)
    expect(await world.deliverAllDue()).toBe(1)
  }
  world.passTime(30 * DAY)
  expect(await world.deliverAllDue()).toBe(0)
  const delivery = await world.onlyOne()
  expect(delivery).toMatchObject({ status: 'failed', failureCode: 'ATTEMPTS_EXHAUSTED', nextAttemptAt: null })
  expect(delivery.attempts).toHaveLength(8)
  expect(delivery.attempts[7]).toMatchObject({ number: 8, httpStatus: 500, answer: 'out of order\uFFFD\uFFFD[31m' })
  expect(delivery.attempts[7]?.durationMs).toBeGreaterThanOrEqual(0)

  const bodies = new Set(receiver.received.map(({ body }) => body))
  const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']))
  expect([bodies.size, ids.size]).toEqual([1, 1])

  receiver.answer = (response) => response.writeHead(204).end()
  world.clock = new Date()
  expect(await redeliver(world.database, { orgId: ORG, id: BigInt(delivery.id), now: world.clock })).toBe('queued')
  expect(await world.deliverAllDue()).toBe(1)
  const last = receiver.received.at(-1)
  expect(new Webhook(secret).verify(last?.body ?? '', last?.headers ?? {})).toBeTruthy()
  expect(last?.headers['webhook-id']).toBe([...ids][0])
  expect(await world.onlyOne()).toMatchObject({ status: 'delivered', failureCode: null })
})

test('both secrets sign during a rotation, and only the new one 24 hours later', async () => {
  const { id, secret } = await world.makeEndpoint(receiver.url)
  const rotated = await rotateWebhookSecret(world.database, { orgId: ORG, endpointId: id, now: world.clock })
  if (typeof rotated === 'string') throw new Error(rotated)
  await world.endImport()
  await world.deliverAllDue()
  const during = receiver.received[0]
  for (const each of [secret, rotated.secret]) {
    expect(new Webhook(each).verify(during?.body ?? '', during?.headers ?? {})).toBeTruthy()
  }
  expect(during?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  // The verifier's clock is the machine's, so the rotation is put into the past.
  await world.database.prisma.$executeRaw`
    UPDATE webhook_secret SET expires_at = expires_at - interval '24 hours' WHERE expires_at IS NOT NULL`
  await world.endImport()
  await world.deliverAllDue()
  const after = receiver.received[1]
  expect(new Webhook(rotated.secret).verify(after?.body ?? '', after?.headers ?? {})).toBeTruthy()
  expect(() => new Webhook(secret).verify(after?.body ?? '', after?.headers ?? {})).toThrow(/signature/)
})

test('both secrets of the organization sign deliveries to callback URLs during a rotation', async () => {
  const secret = await ensureOrgSecret(world.database, ORG)
  const rotated = await rotateWebhookSecret(world.database, { orgId: ORG, endpointId: null, now: world.clock })
  if (typeof rotated === 'string') throw new Error(rotated)
  const endpoint = await world.makeEndpoint(`${receiver.url}/endpoint`)
  await world.endImport({ callbackUrl: `${receiver.url}/callback` })
  await world.deliverAllDue()
  const during = receiver.received.find(({ path }) => path === '/callback')
  expect(during?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  for (const each of [secret, rotated.secret]) {
    expect(new Webhook(each).verify(during?.body ?? '', during?.headers ?? {})).toBeTruthy()
  }
  // Endpoints have secrets of their own.
  const other = receiver.received.find(({ path }) => path === '/endpoint')
  expect(other?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
  expect(new Webhook(endpoint.secret).verify(other?.body ?? '', other?.headers ?? {})).toBeTruthy()
})

test('410 disables the endpoint at once; what waits for it and what comes later is kept, and sent when it is asked for', async () => {
  const { id } = await world.makeEndpoint(receiver.url)
  await world.endImport()
  const [first] = await world.takeDueJobs()
  if (first === undefined) throw new Error('nothing was due')
  await world.endImport()
  receiver.answer = (response) => response.writeHead(410).end()
  await world.attempt(first)
  await world.endImport()
  expect(await world.deliverAllDue()).toBe(0)
  expect(await findWebhookEndpoint(world.database, { orgId: ORG, id })).toMatchObject({
    status: 'disabled',
    disabledReason: 'GONE',
  })
  expect((await world.listAll()).map(({ failureCode }) => failureCode)).toEqual([
    'ENDPOINT_DISABLED',
    'ENDPOINT_DISABLED',
    'GONE',
  ])
  expect(receiver.received).toHaveLength(1)
})

test('a callback URL that is gone gets nothing more', async () => {
  await world.endImport({ callbackUrl: receiver.url })
  receiver.answer = (response) => response.writeHead(410).end()
  await world.deliverAllDue()
  expect(await world.onlyOne()).toMatchObject({ status: 'failed', failureCode: 'GONE', nextAttemptAt: null })
})

test('an attempt that a stopping worker cuts short counts for nothing and is made again', async () => {
  await world.makeEndpoint(receiver.url)
  await world.endImport()
  const stopping = new AbortController()
  receiver.answer = () => stopping.abort()
  const [job] = await world.takeDueJobs()
  if (job === undefined) throw new Error('nothing was due')
  await world.attempt(job, {}, stopping.signal)
  expect(await world.onlyOne()).toMatchObject({ status: 'pending', attempts: [{ errorCode: 'INTERRUPTED' }] })
  receiver.answer = (response) => response.writeHead(204).end()
  expect(await world.deliverAllDue()).toBe(1)
  expect(await world.onlyOne()).toMatchObject({ status: 'delivered' })
})
