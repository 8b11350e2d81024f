import type { Actor, AuditKind, TimelineKind } from '@importer/contracts'

import type { Prisma } from '../generated/client.ts'
import type { Transaction } from '../open-database.ts'

interface Recorded<Kind extends string> {
  readonly kind: Kind
  readonly orgId: number
  readonly actor: Actor
  /** What the entry says beside its kind: never a cell of a file, a key or a secret. */
  readonly detail?: Prisma.InputJsonObject
}

/** An entry of an import's timeline. Call it in the transaction of what it tells. */
export async function recordTimelineEvent(
  tx: Pick<Transaction, 'auditEvent'>,
  { importId, ...event }: Recorded<TimelineKind> & { readonly importId: number },
): Promise<void> {
  await tx.auditEvent.create({ data: { ...toRow(event), importId } })
}

/** An entry of an organization's audit list. Call it in the transaction of what it tells. */
export async function recordAuditEvent(tx: Pick<Transaction, 'auditEvent'>, event: Recorded<AuditKind>): Promise<void> {
  await tx.auditEvent.create({ data: toRow(event) })
}

function toRow({ kind, orgId, actor, detail = {} }: Recorded<string>) {
  return { kind, orgId, actorType: actor.type, actorName: actor.name, detail }
}
