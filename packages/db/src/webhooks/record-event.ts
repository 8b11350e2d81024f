import { createHash } from 'node:crypto'

import { importEventType, renderImportEvent, renderTestEvent, TEST_EVENT_TYPE } from '@importer/contracts'

import { IMPORT_SELECT, toImportRecord, type ImportRow } from '../imports/import-record.ts'
import type { Database, Transaction } from '../open-database.ts'

const FIND_IMPORT = `${IMPORT_SELECT} WHERE i.id = $1::int`

/**
 * The event, and a delivery for the callback URL and for every endpoint that asked for this type. A disabled endpoint's
 * is given up at once and stays on record, so that it can be sent when the endpoint works again.
 */
const INSERT_EVENT = `
WITH event AS (
  INSERT INTO webhook_event (org_id, type, import_id, body, occurred_at)
  VALUES ($1::int, $2::text, $3::int, $4::text, $5::timestamptz)
  RETURNING id
)
INSERT INTO webhook_delivery
  (org_id, event_id, endpoint_id, callback_url, receiver, status, failure_code, next_attempt_at, created_at, finished_at)
SELECT $1::int, event.id, e.id, NULL, 'endpoint:' || e.id,
       CASE e.status WHEN 'active' THEN 'pending' ELSE 'failed' END,
       CASE e.status WHEN 'active' THEN NULL ELSE 'ENDPOINT_DISABLED' END,
       CASE e.status WHEN 'active' THEN $5::timestamptz END,
       $5::timestamptz,
       CASE e.status WHEN 'active' THEN NULL ELSE $5::timestamptz END
FROM event, webhook_endpoint e
WHERE e.org_id = $1::int AND e.status <> 'deleted'
  AND (e.event_types = '{}' OR $2::text = ANY (e.event_types))
UNION ALL
SELECT $1::int, event.id, NULL, $6::text, $7::text, 'pending', NULL, $5::timestamptz, $5::timestamptz, NULL
FROM event WHERE $6::text IS NOT NULL`

/**
 * Tells of an import's end whoever wants to know: writes the event as the import stands now, and its deliveries.
 * Call it in the transaction that ends the import (completes, fails, cancels or reverts it), after its row was changed:
 * then neither is there without the other, and the row's lock keeps what is sent from changing.
 * Throws when the import has not ended.
 */
export async function recordImportEvent(tx: Transaction, importId: number, now: Date): Promise<void> {
  const [known] = await tx.$queryRaw<
    { org_id: number; callback_url: string | null; base_url: string | null; has_endpoints: boolean }[]
  >`SELECT i.org_id, i.callback_url, i.base_url,
           EXISTS (SELECT FROM webhook_endpoint e WHERE e.org_id = i.org_id AND e.status <> 'deleted') AS has_endpoints
    FROM import i WHERE i.id = ${importId}::int`
  if (known === undefined) throw new Error(`import ${importId} is gone`)
  const { org_id: orgId, callback_url: callbackUrl, base_url: baseUrl } = known
  if (callbackUrl === null && !known.has_endpoints) return

  const [row] = await tx.$queryRawUnsafe<ImportRow[]>(FIND_IMPORT, importId)
  if (row === undefined) throw new Error(`import ${importId} is gone`)
  const record = toImportRecord(row)
  const type = importEventType(record.status)
  if (type === undefined)
    throw new Error(`import ${importId} is ${record.status}: it has not ended, so there is no event for it`)
  const body = renderImportEvent(type, now, record, baseUrl ?? '')
  const receiver = callbackUrl === null ? null : nameCallbackReceiver(orgId, callbackUrl)
  await tx.$executeRawUnsafe(INSERT_EVENT, orgId, type, importId, body, now, callbackUrl, receiver)
}

/** Sends a test to one endpoint, whatever it asked for. Null: there is no such endpoint. */
export async function recordTestEvent(
  database: Database,
  { orgId, endpointId, now }: { orgId: number; endpointId: number; now: Date },
): Promise<bigint | 'not-found' | 'disabled'> {
  const body = renderTestEvent(now, endpointId)
  return database.transaction(async (tx) => {
    const [endpoint] = await tx.$queryRaw<{ status: string }[]>`
      SELECT status FROM webhook_endpoint
      WHERE id = ${endpointId}::int AND org_id = ${orgId}::int AND status <> 'deleted' FOR KEY SHARE`
    if (endpoint === undefined) return 'not-found'
    if (endpoint.status !== 'active') return 'disabled'
    const event = await tx.webhookEvent.create({ data: { orgId, type: TEST_EVENT_TYPE, body, occurredAt: now } })
    const { id } = await tx.webhookDelivery.create({
      data: {
        orgId,
        eventId: event.id,
        endpointId,
        receiver: `endpoint:${endpointId}`,
        nextAttemptAt: now,
        createdAt: now,
      },
    })
    return id
  })
}

/** Receivers are keys of indexes, of which PostgreSQL takes 2,704 bytes at most: a longer one would fail the import's end. */
const MAX_ORIGIN_LENGTH = 300

/**
 * Who a callback URL's deliveries wait for each other as: its origin within its organization. The origin of a host that
 * no name server could know, and that may have any length, is named by its hash.
 */
export function nameCallbackReceiver(orgId: number, callbackUrl: string): string {
  const { origin } = new URL(callbackUrl)
  const name =
    origin.length > MAX_ORIGIN_LENGTH ? `sha256-${createHash('sha256').update(origin).digest('hex')}` : origin
  return `callback:${orgId}:${name}`
}
