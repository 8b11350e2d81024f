/** Webhooks of one endpoint that end at once, while others reserve, wake or give up its deliveries: nobody waits in a circle. */
import {
  beginAttempt,
  deleteWebhookEndpoint,
  endAttempt,
  recordTestEvent,
  redeliverRange,
  releaseDeliveries,
  reserveDeliveries,
  wakeUnsigned,
  type AttemptEnd,
  type BegunAttempt,
} from '@importer/db'
import { afterAll, beforeAll, afterEach, expect, test } from 'vitest'

import { openWebhookWorld, ORG, type WebhookWorld } from '../packages/webhooks/test/webhook-world.ts'
import { openSession } from './support/open-session.ts'
import { startPostgresServer, type PostgresServer } from './support/postgres-server.ts'
import { queryOnce } from './support/query-once.ts'
import { waitUntil } from './support/wait-until.ts'

const NOW = new Date('2026-01-02T00:00:00Z')
const LATER = new Date(NOW.getTime() + 60_000)
const URL = 'https://receiver.example/'
const RECEIVER_FAILED: AttemptEnd = {
  status: 'pending',
  nextAttemptAt: LATER,
  failureCode: null,
  disableEndpoint: null,
  receiverFailed: true,
  now: NOW,
  durationMs: 1,
  httpStatus: 500,
  errorCode: null,
  answer: null,
  failingBefore: NOW,
  quietSince: NOW,
}
const GONE: AttemptEnd = { ...RECEIVER_FAILED, disableEndpoint: 'GONE', httpStatus: 410 }

let server: PostgresServer
let world: WebhookWorld
beforeAll(async () => {
  server = await startPostgresServer()
  world = await openWebhookWorld({ urls: server })
  await server.readLoggedErrors()
})
afterAll(async () => world.stop())
afterEach(async () => expect(await server.readLoggedErrors()).toEqual([]))

async function makeDelivery(endpointId: number): Promise<bigint> {
  const made = await recordTestEvent(world.database, { orgId: ORG, endpointId, now: NOW })
  if (typeof made === 'string') throw new Error(made)
  return made
}

/** `reservedUntil`: one that lies behind is that of an attempt that has taken too long. */
async function begin(deliveryId: bigint, reservedUntil: Date): Promise<BegunAttempt> {
  const options = { deliveryId: Number(deliveryId), turn: 0, now: NOW, reservedUntil }
  const begun = await beginAttempt(world.database, options)
  if (begun === null) throw new Error('there was nothing to attempt')
  return begun
}

/** Resolves when so many sessions wait for a lock. */
async function waitForWaiting(sessions: number): Promise<void> {
  await waitUntil('they wait', async () => {
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
    return (await queryOnce<{ n: number }>(server.ownerUrl, waiting))[0]?.n === sessions
  })
}

async function readDeliveries(ids: readonly bigint[]) {
  return queryOnce(
    server.ownerUrl,
    `SELECT status, failure_code AS "failureCode", reserved_until IS NOT NULL AS "isReserved", next_attempt_at AS "nextAttemptAt"
     FROM webhook_delivery WHERE id = ANY ($1) ORDER BY id`,
    [ids],
  )
}

test('an attempt that disables the endpoint, and one that took too long, end side by side', async () => {
  const { id: endpointId } = await world.makeEndpoint(URL)
  const first = await begin(await makeDelivery(endpointId), LATER)
  const second = await begin(await makeDelivery(endpointId), NOW)
  const holder = await openSession(server.ownerUrl)
  await holder.query('BEGIN')
  await holder.query('SELECT FROM webhook_endpoint WHERE id = $1 FOR UPDATE', [endpointId])
  const disabled = endAttempt(world.database, first, GONE)
  await waitForWaiting(1)
  // It has its delivery's row, and waits for the endpoint behind the one that disables it.
  const failed = endAttempt(world.database, second, RECEIVER_FAILED)
  await waitForWaiting(2)
  await holder.query('COMMIT')
  await holder.end()
  expect(await disabled).toMatchObject({ status: 'failed', isDisabled: true })
  expect(await failed).toMatchObject({ status: 'pending', nextAttemptAt: LATER })
  // What another one held is given up when it is due.
  const job = { deliveryId: Number(second.id), turn: second.turn, now: LATER, reservedUntil: LATER }
  expect(await beginAttempt(world.database, job)).toBeNull()
  expect(await readDeliveries([second.id])).toMatchObject([{ status: 'failed', failureCode: 'ENDPOINT_DISABLED' }])
})

/** Whoever takes several deliveries waits for none that another one has: it could be waiting for this one. */
test.each<[string, (ids: bigint[], endpointId: number) => Promise<unknown>, string, object]>([
  [
    'reserves',
    async (ids) => reserveDeliveries(world.database, ids, { now: NOW, reservedUntil: LATER }),
    'turn = 0',
    { isReserved: true },
  ],
  [
    'gives back',
    async (ids) => {
      const reserved = ids.map((id) => ({ deliveryId: Number(id), turn: 0 }))
      await releaseDeliveries(world.database, reserved, LATER)
    },
    `reserved_until = '${LATER.toISOString()}'`,
    { isReserved: false },
  ],
  ['wakes unsigned', async () => wakeUnsigned(world.database, LATER), 'attempt_count = 1', { nextAttemptAt: LATER }],
  [
    'sends once more',
    async () =>
      redeliverRange(world.database, {
        orgId: ORG,
        since: NOW,
        until: LATER,
        status: 'delivered',
        limit: 9,
        now: LATER,
      }),
    `status = 'delivered', next_attempt_at = NULL`,
    { status: 'pending' },
  ],
  [
    'deletes the endpoint of',
    async (_ids, id) =>
      deleteWebhookEndpoint(world.database, { orgId: ORG, id, now: NOW, actor: { type: 'system', name: 'test' } }),
    'turn = 0',
    { status: 'failed', failureCode: 'ENDPOINT_DELETED' },
  ],
])('one that %s deliveries leaves alone what another one has', async (_name, act, before, after) => {
  await world.clear()
  const { id: endpointId } = await world.makeEndpoint(URL)
  const ids = [await makeDelivery(endpointId), await makeDelivery(endpointId)]
  await queryOnce(server.ownerUrl, `UPDATE webhook_delivery SET ${before}`)
  await queryOnce(
    server.ownerUrl,
    `INSERT INTO webhook_attempt (delivery_id, number, url, started_at, error_code)
     SELECT id, 1, $1, $2, 'SECRET_UNREADABLE' FROM webhook_delivery`,
    [URL, NOW],
  )
  const [had] = await readDeliveries(ids)
  const holder = await openSession(server.ownerUrl)
  await holder.query('BEGIN')
  await holder.query('SELECT FROM webhook_delivery WHERE id = $1 FOR NO KEY UPDATE', [ids[0]])
  await act(ids, endpointId)
  await holder.query('COMMIT')
  await holder.end()
  expect(await readDeliveries(ids)).toMatchObject([had, after])
})
