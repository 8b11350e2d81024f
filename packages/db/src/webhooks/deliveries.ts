import type { DeliveryFailureCode, DeliveryStatus, WebhookAttemptError, WebhookEventType } from '@importer/contracts'

import { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'

export interface AttemptRecord {
  readonly number: number
  readonly url: string
  readonly startedAt: Date
  /** Null: it is under way, or its process died. */
  readonly durationMs: number | null
  readonly httpStatus: number | null
  readonly errorCode: WebhookAttemptError | null
  readonly answer: string | null
}

export interface DeliveryRecord {
  readonly id: number
  readonly webhookId: string
  readonly eventType: WebhookEventType
  readonly importId: number | null
  /** Null: the import's callback URL. */
  readonly endpointId: number | null
  readonly url: string
  readonly status: DeliveryStatus
  readonly failureCode: DeliveryFailureCode | null
  readonly createdAt: Date
  readonly nextAttemptAt: Date | null
  readonly finishedAt: Date | null
  /** The last {@link LISTED_ATTEMPTS}, oldest first. */
  readonly attempts: readonly AttemptRecord[]
}

export interface DeliveryFilter {
  readonly orgId: number
  readonly endpointId?: number | undefined
  readonly importId?: number | undefined
  readonly status?: DeliveryStatus | undefined
}

/** A delivery that is sent again and again may have any number of attempts, and an answer of 1 kB with each. */
const LISTED_ATTEMPTS = 20

const WITH_ALL = {
  event: { select: { type: true, importId: true } },
  endpoint: { select: { url: true } },
} as const satisfies Prisma.WebhookDeliveryInclude

type DeliveryRow = Prisma.WebhookDeliveryGetPayload<{ include: typeof WITH_ALL }>

/** Newest first, those with a smaller id than `beforeId`, each with its last attempts. */
export async function listWebhookDeliveries(
  database: Database,
  { orgId, endpointId, importId, status }: DeliveryFilter,
  { beforeId, limit }: { beforeId?: number | undefined; limit: number },
): Promise<DeliveryRecord[]> {
  const rows = await database.prisma.webhookDelivery.findMany({
    where: {
      orgId,
      ...(endpointId === undefined ? {} : { endpointId }),
      ...(importId === undefined ? {} : { event: { importId } }),
      ...(status === undefined ? {} : { status }),
      ...(beforeId === undefined ? {} : { id: { lt: beforeId } }),
    },
    include: WITH_ALL,
    orderBy: { id: 'desc' },
    take: limit,
  })
  return addAttempts(database, rows)
}

export async function findWebhookDelivery(
  database: Database,
  { orgId, id }: { orgId: number; id: bigint },
): Promise<DeliveryRecord | null> {
  const row = await database.prisma.webhookDelivery.findFirst({ where: { orgId, id }, include: WITH_ALL })
  const [found] = await addAttempts(database, row === null ? [] : [row])
  return found ?? null
}

/** Prisma would read all attempts of several deliveries and drop what is too much: here the key's index gives those wanted. */
async function addAttempts({ prisma }: Database, rows: readonly DeliveryRow[]): Promise<DeliveryRecord[]> {
  const ids = rows.map(({ id }) => id)
  const found = await prisma.$queryRaw<(AttemptRecord & { deliveryId: bigint })[]>`
    SELECT d.id AS "deliveryId", a.number, a.url, a.started_at AS "startedAt", a.duration_ms AS "durationMs",
           a.http_status AS "httpStatus", a.error_code AS "errorCode", a.answer
    FROM webhook_delivery d
    JOIN webhook_attempt a ON a.delivery_id = d.id AND a.number > d.attempt_count - ${LISTED_ATTEMPTS}::int
    WHERE d.id = ANY (${ids}::bigint[]) ORDER BY a.number`
  const attempts = new Map(ids.map((id): [bigint, AttemptRecord[]] => [id, []]))
  for (const { deliveryId, ...attempt } of found) attempts.get(deliveryId)?.push(attempt)
  return rows.map((row) => ({ ...toDeliveryRecord(row), attempts: attempts.get(row.id) ?? [] }))
}

/** A redelivery starts at the first attempt. An attempt that began before the redelivery changes nothing any more. */
const STARTED_AGAIN = Prisma.sql`status = 'pending', reserved_until = NULL, failure_code = NULL, finished_at = NULL,
  turn = d.turn + 1, round_attempts = 0`

/**
 * Sends a delivery once more, now and by the whole schedule again, under the same webhook-id.
 * An attempt that is under way is recorded and changes nothing more.
 */
export async function redeliver(
  database: Database,
  { orgId, id, now }: { orgId: number; id: bigint; now: Date },
): Promise<'queued' | 'not-found' | 'disabled'> {
  const redelivered = await database.prisma.$executeRaw`
    UPDATE webhook_delivery d
    SET next_attempt_at = ${now}::timestamptz, ${STARTED_AGAIN}
    WHERE d.id = ${id}::bigint AND d.org_id = ${orgId}::int
      AND (d.endpoint_id IS NULL
           OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.id = d.endpoint_id AND e.status = 'active'))`
  if (redelivered > 0) return 'queued'
  const known = await database.prisma.webhookDelivery.count({ where: { orgId, id } })
  return known > 0 ? 'disabled' : 'not-found'
}

export interface RedeliveryRange {
  readonly orgId: number
  /** When the delivery was made: from, included, and until, excluded. */
  readonly since: Date
  readonly until: Date
  readonly status: Exclude<DeliveryStatus, 'pending'>
  readonly endpointId?: number | undefined
  /** Goes on behind this one: what was sent once more may be in the range again. */
  readonly afterId?: number | undefined
  readonly limit: number
  readonly now: Date
}

export interface Redelivered {
  readonly redelivered: number
  /** The `afterId` with which to go on; null: there is nothing more in the range. */
  readonly nextAfterId: number | null
}

/** Sends the deliveries of a time range once more, the oldest `limit` of them, but for those that another call is sending. */
export async function redeliverRange(database: Database, range: RedeliveryRange): Promise<Redelivered> {
  const [row] = await database.prisma.$queryRaw<{ redelivered: number; chosen: number; last: bigint | null }[]>`
    WITH chosen AS (
      SELECT w.id FROM webhook_delivery w LEFT JOIN webhook_endpoint e ON e.id = w.endpoint_id
      WHERE w.org_id = ${range.orgId}::int AND w.status = ${range.status} AND w.id > ${range.afterId ?? 0}::bigint
        AND w.created_at >= ${range.since}::timestamptz AND w.created_at < ${range.until}::timestamptz
        AND (${range.endpointId ?? null}::int IS NULL OR w.endpoint_id = ${range.endpointId ?? null}::int)
        AND (w.endpoint_id IS NULL OR e.status = 'active')
      ORDER BY w.id LIMIT ${range.limit}::int
    ),
    locked AS (
      SELECT d.id FROM webhook_delivery d JOIN chosen ON d.id = chosen.id
      WHERE d.status = ${range.status} FOR NO KEY UPDATE OF d SKIP LOCKED
    ),
    sent AS (
      UPDATE webhook_delivery d
      SET next_attempt_at = ${range.now}::timestamptz, ${STARTED_AGAIN}
      FROM locked WHERE d.id = locked.id
      RETURNING d.id
    )
    SELECT (SELECT count(*) FROM sent)::int AS redelivered, count(*)::int AS chosen, max(id) AS last FROM chosen`
  const { redelivered, chosen, last } = row ?? { redelivered: 0, chosen: 0, last: null }
  return { redelivered, nextAfterId: chosen < range.limit || last === null ? null : Number(last) }
}

function toDeliveryRecord(row: DeliveryRow): Omit<DeliveryRecord, 'attempts'> {
  return {
    id: Number(row.id),
    webhookId: row.webhookId,
    eventType: row.event.type as WebhookEventType,
    importId: row.event.importId,
    endpointId: row.endpointId,
    url: row.callbackUrl ?? row.endpoint?.url ?? '',
    status: row.status as DeliveryStatus,
    failureCode: row.failureCode as DeliveryFailureCode | null,
    createdAt: row.createdAt,
    nextAttemptAt: row.nextAttemptAt,
    finishedAt: row.finishedAt,
  }
}

/**
 * Deletes up to `limit` deliveries that ended before `before`, with their attempts, and up to `limit` events of before
 * then that have no delivery, and returns how many. A delivery that is sent again in this moment is kept: its row is looked
 * at again once it is locked. By webhook_delivery_finished_idx and webhook_event_occurred_at_idx.
 */
export async function purgeWebhooks(
  { prisma }: Database,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<number> {
  const deliveries = await prisma.$executeRaw`
    DELETE FROM webhook_delivery WHERE id IN (
      SELECT id FROM webhook_delivery WHERE status <> 'pending' AND finished_at < ${before}::timestamptz
      ORDER BY finished_at LIMIT ${limit}::int
      FOR UPDATE SKIP LOCKED
    )`
  // An event is written in one transaction with all of its deliveries, so an old one gets no more.
  const events = await prisma.$executeRaw`
    DELETE FROM webhook_event WHERE id IN (
      SELECT e.id FROM webhook_event e
      WHERE e.occurred_at < ${before}::timestamptz
        AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.event_id = e.id)
      ORDER BY e.occurred_at LIMIT ${limit}::int
      FOR UPDATE SKIP LOCKED
    )`
  return deliveries + events
}
