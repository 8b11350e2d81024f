import { afterAll, beforeAll, expect, test } from 'vitest'

import { queryOnce } from '../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { openDatabase, type SystemDatabase } from './open-database.ts'
import { readBacklog } from './read-backlog.ts'

const HOUR = 3_600

let ownerUrl: string
let database: SystemDatabase

beforeAll(async () => {
  const urls = await createTestDatabase()
  ;({ ownerUrl } = urls)
  database = openDatabase({ ...urls, applicationName: 'test', maxConnections: 1, onConnectionLost: () => undefined })
  await queryOnce(
    ownerUrl,
    `WITH made AS (INSERT INTO organization (id) VALUES (1)),
          endpoint AS (INSERT INTO webhook_endpoint (id, org_id, url) VALUES (1, 1, 'https://example.com'))
     INSERT INTO webhook_event (id, org_id, type, body, occurred_at)
     SELECT event, 1, 'test', '{}', now() FROM generate_series(1, 3) event`,
  )
})
afterAll(async () => database.close())

async function insertDelivery(id: number, nextAttempt: string): Promise<void> {
  await queryOnce(
    ownerUrl,
    `INSERT INTO webhook_delivery (id, org_id, event_id, endpoint_id, receiver, created_at, next_attempt_at)
     VALUES (${id}, 1, ${id}, 1, 'endpoint', now() - interval '9 hours', ${nextAttempt})`,
  )
}

async function insertImport(fileKey: string, set: Readonly<Record<string, string>>): Promise<void> {
  const columns = { ...set, updated_at: set['updated_at'] ?? 'now()' }
  await queryOnce(
    ownerUrl,
    `INSERT INTO import (org_id, series_id, file_key, file_name, bytes, sha256, mapping, ${Object.keys(columns).join(', ')})
     VALUES (1, 1, '${fileKey}', 'a.csv', 1, '', '{}', ${Object.values(columns).join(', ')})`,
  )
}

test('an import whose file is being made does not wait, until its worker is silent for 30 s', async () => {
  const made = { to_prepare: 'true', created_at: `now() - interval '5 minutes'` }
  await insertImport('is-made', { ...made, updated_at: `now() - interval '10 seconds'` })
  expect(await readBacklog(database)).toMatchObject({ waiting: 0, preparing: 1, running: 0, oldestWaitingSeconds: 0 })
  await insertImport('is-left', { ...made, updated_at: `now() - interval '31 seconds'` })
  const left = await readBacklog(database)
  expect(left).toMatchObject({ waiting: 1, preparing: 1, running: 0 })
  expect(left.oldestWaitingSeconds).toBeGreaterThanOrEqual(300)
  await insertImport('waits', {})
  await insertImport('runs', { status: `'processing'` })
  expect(await readBacklog(database)).toMatchObject({ waiting: 2, preparing: 1, running: 1 })
})

test('reverts count until they are done, and how long the one without progress for longest has had none', async () => {
  const requested = { revert_requested_at: 'now()', status: `'completed'` }
  expect(await readBacklog(database)).toMatchObject({ reverting: 0, silentRevertSeconds: 0 })
  await insertImport('revert-waits', { ...requested, updated_at: `now() - interval '2 hours'` })
  await insertImport('revert-runs', requested)
  await insertImport('reverted', { ...requested, status: `'reverted'`, updated_at: `now() - interval '9 hours'` })
  const { reverting, silentRevertSeconds } = await readBacklog(database)
  expect(reverting).toBe(2)
  expect(silentRevertSeconds).toBeGreaterThanOrEqual(2 * HOUR)
  expect(silentRevertSeconds).toBeLessThan(3 * HOUR)
})

test('a webhook that waits for its next attempt is pending and not due', async () => {
  expect(await readBacklog(database)).toMatchObject({ oldestWebhookSeconds: 0, oldestDueWebhookSeconds: 0 })
  await insertDelivery(1, `now() + interval '9 hours'`)
  const { oldestWebhookSeconds, oldestDueWebhookSeconds } = await readBacklog(database)
  expect(oldestWebhookSeconds).toBeGreaterThanOrEqual(9 * HOUR)
  expect(oldestDueWebhookSeconds).toBe(0)
  await insertDelivery(2, `now() - interval '1 hour'`)
  await insertDelivery(3, `now() - interval '2 hours'`)
  expect((await readBacklog(database)).oldestDueWebhookSeconds).toBeGreaterThanOrEqual(2 * HOUR)
})
