import {
  IMPORT_EVENT_TYPES,
  type Actor,
  type EndpointDisabledReason,
  type EndpointStatus,
  type ImportEventType,
} from '@importer/contracts'

import { setActor } from '../audit/record-audit-event.ts'
import type { WebhookEndpoint } from '../generated/client.ts'
import type { Database } from '../open-database.ts'
import { generateWebhookSecret } from './secrets.ts'

export interface EndpointRecord {
  readonly id: number
  readonly url: string
  readonly description: string | null
  /** All there are, where it asked for no choice. */
  readonly eventTypes: readonly ImportEventType[]
  readonly status: EndpointStatus
  readonly disabledReason: EndpointDisabledReason | null
  /** The first failed attempt since the last that succeeded. */
  readonly failingSince: Date | null
  readonly createdAt: Date
}

export interface NewEndpoint {
  readonly orgId: number
  readonly url: string
  readonly description: string | null
  /** Empty: everything, what is invented later included. */
  readonly eventTypes: readonly ImportEventType[]
  readonly actor: Actor
}

export interface EndpointChange {
  readonly url?: string | undefined
  readonly description?: string | null | undefined
  readonly eventTypes?: readonly ImportEventType[] | undefined
  readonly status?: EndpointStatus | undefined
}

/** Every event of an organization is written once for each of them. */
export const MAX_ENDPOINTS = 50

/** Makes an endpoint with its secret, which is shown here and never again; null when the organization has too many. */
export async function createWebhookEndpoint(
  database: Database,
  { eventTypes, actor, ...rest }: NewEndpoint,
): Promise<{ endpoint: EndpointRecord; secret: string } | null> {
  const secret = generateWebhookSecret()
  return database.transaction(async (tx) => {
    await tx.$queryRaw`SELECT FROM organization WHERE id = ${rest.orgId}::int FOR NO KEY UPDATE`
    const count = await tx.webhookEndpoint.count({ where: { orgId: rest.orgId, status: { not: 'deleted' } } })
    if (count >= MAX_ENDPOINTS) return null
    await setActor(tx, actor)
    const row = await tx.webhookEndpoint.create({ data: { ...rest, eventTypes: [...eventTypes] } })
    const owner = { orgId: rest.orgId, endpointId: row.id }
    await tx.webhookSecret.create({ data: { ...owner, secret: database.secrets.seal(secret, owner) } })
    return { endpoint: toEndpointRecord(row), secret }
  })
}

/** In the order of their ids, those with a greater id than `afterId`. */
export async function listWebhookEndpoints(
  database: Database,
  { orgId, afterId, limit }: { orgId: number; afterId: number; limit: number },
): Promise<EndpointRecord[]> {
  const rows = await database.prisma.webhookEndpoint.findMany({
    where: { orgId, status: { not: 'deleted' }, id: { gt: afterId } },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return rows.map(toEndpointRecord)
}

export async function findWebhookEndpoint(
  database: Database,
  { orgId, id }: { orgId: number; id: number },
): Promise<EndpointRecord | null> {
  const row = await database.prisma.webhookEndpoint.findFirst({ where: { orgId, id, status: { not: 'deleted' } } })
  return row === null ? null : toEndpointRecord(row)
}

/** Changes what is given. Enabling it, or another URL, forgives its failures. Null: there is no such endpoint. */
export async function updateWebhookEndpoint(
  database: Database,
  { orgId, id, actor }: { orgId: number; id: number; actor: Actor },
  { url, description, eventTypes, status }: EndpointChange,
): Promise<EndpointRecord | null> {
  const where = { orgId, id, status: { not: 'deleted' } }
  return database.transaction(async (tx) => {
    await setActor(tx, actor)
    if (url !== undefined) {
      await tx.webhookEndpoint.updateMany({ where: { ...where, url: { not: url } }, data: { failingSince: null } })
    }
    const [row] = await tx.webhookEndpoint.updateManyAndReturn({
      where,
      data: {
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(eventTypes === undefined ? {} : { eventTypes: [...eventTypes] }),
        ...(status === 'active' ? { status, disabledReason: null, failingSince: null } : {}),
        ...(status === 'disabled' ? { status, disabledReason: 'MANUAL' } : {}),
      },
    })
    return row === undefined ? null : toEndpointRecord(row)
  })
}

/** Its deliveries stay on record; those that wait are given up, its secrets forgotten. False: there is no such endpoint. */
export async function deleteWebhookEndpoint(
  database: Database,
  { orgId, id, now, actor }: { orgId: number; id: number; now: Date; actor: Actor },
): Promise<boolean> {
  return database.transaction(async (tx) => {
    await setActor(tx, actor)
    const { count } = await tx.webhookEndpoint.updateMany({
      where: { orgId, id, status: { not: 'deleted' } },
      data: { status: 'deleted' },
    })
    await tx.webhookSecret.deleteMany({ where: { orgId, endpointId: id } })
    // Those that a worker has in hand, or another statement has locked, are given up when they are about to be sent.
    await tx.$executeRaw`
      UPDATE webhook_delivery
      SET status = 'failed', failure_code = 'ENDPOINT_DELETED', next_attempt_at = NULL, finished_at = ${now}::timestamptz
      WHERE id IN (
        SELECT id FROM webhook_delivery
        WHERE org_id = ${orgId}::int AND endpoint_id = ${id}::int AND status = 'pending'
          AND (reserved_until IS NULL OR reserved_until <= ${now}::timestamptz)
        FOR NO KEY UPDATE SKIP LOCKED
      )`
    return count > 0
  })
}

function toEndpointRecord(row: WebhookEndpoint): EndpointRecord {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    eventTypes:
      row.eventTypes.length === 0
        ? IMPORT_EVENT_TYPES
        : IMPORT_EVENT_TYPES.filter((type) => row.eventTypes.includes(type)),
    status: row.status as EndpointStatus,
    disabledReason: row.disabledReason as EndpointDisabledReason | null,
    failingSince: row.failingSince,
    createdAt: row.createdAt,
  }
}
