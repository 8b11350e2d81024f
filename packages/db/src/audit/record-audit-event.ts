import type { Actor, AuditKind } from '@importer/contracts'

import type { Prisma } from '../generated/client.ts'
import type { Database, Transaction } from '../open-database.ts'

/** An actor as the setting importer.actor names it, which the triggers that write timelines read. */
export function nameActor({ type, name }: Actor): string {
  return `${type}:${name}`
}

/** Says for one transaction who acts in it. */
export async function setActor(tx: Pick<Transaction, '$executeRaw'>, actor: Actor): Promise<void> {
  await tx.$executeRaw`SELECT set_config('importer.actor', ${nameActor(actor)}, true)`
}

/** An entry of an organization's audit list that no trigger writes. `detail` holds no cell, key or secret. */
export async function recordAuditEvent(
  { prisma }: Database,
  event: {
    readonly kind: AuditKind
    readonly orgId: number
    readonly actor: Actor
    readonly detail: Prisma.InputJsonObject
  },
): Promise<void> {
  const { kind, orgId, actor, detail } = event
  await prisma.auditEvent.create({ data: { kind, orgId, actorType: actor.type, actorName: actor.name, detail } })
}
