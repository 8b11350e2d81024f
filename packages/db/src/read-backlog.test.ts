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
