import type { Actor, AuditKind, TimelineKind } from '@importer/contracts'

import type { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'

export interface ListedEvent<Kind extends string> {
  readonly id: number
  readonly at: Date
  readonly kind: Kind
  readonly actor: Actor
  readonly detail: object
}

export interface EventPage {
  /** Events behind the one with this id: where the page before ended. */
  readonly afterId?: number | undefined
  readonly limit: number
}

/** What happened to an import, or what of this `kind`, oldest first. The caller has seen that the import is the organization's. */
export async function listTimeline(
  database: Database,
  importId: number,
  { kind, ...page }: EventPage & { readonly kind?: TimelineKind | undefined },
): Promise<ListedEvent<TimelineKind>[]> {
  return list(database, { importId, ...(kind !== undefined && { kind }) }, page)
}

/** What else happened in an organization, oldest first. */
export async function listAuditEvents(
  database: Database,
  orgId: number,
  page: EventPage,
): Promise<ListedEvent<AuditKind>[]> {
  return list(database, { orgId, importId: null }, page)
}

/** By audit_event_import_idx, or audit_event_org_idx. */
async function list<Kind extends string>(
  { prisma }: Database,
  where: Prisma.AuditEventWhereInput,
  { afterId, limit }: EventPage,
): Promise<ListedEvent<Kind>[]> {
  const rows = await prisma.auditEvent.findMany({
    where: { ...where, ...(afterId === undefined ? {} : { id: { gt: afterId } }) },
    orderBy: { id: 'asc' },
    take: limit,
  })
  return rows.map(({ id, at, kind, actorType, actorName, detail }) => ({
    id: Number(id),
    at,
    kind: kind as Kind,
    actor: { type: actorType as Actor['type'], name: actorName },
    detail: detail as object,
  }))
}
