import { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'

/**
 * Lets the deliveries whose last attempt found no secret that opens be due at once, as one may open now: all of them, or those that
 * are signed with the secrets of `owner`. What somebody has reserved, or is changing, is left alone.
 */
export async function wakeUnsigned(
  { prisma }: Database,
  now: Date,
  owner?: { readonly orgId: number; readonly endpointId: number | null },
): Promise<void> {
  const isOwned =
    owner === undefined
      ? Prisma.sql`true`
      : Prisma.sql`d.org_id = ${owner.orgId}::int AND d.endpoint_id IS NOT DISTINCT FROM ${owner.endpointId}::int`
  await prisma.$executeRaw`
    UPDATE webhook_delivery SET next_attempt_at = ${now}::timestamptz
    WHERE id IN (
      SELECT d.id FROM webhook_delivery d
      JOIN webhook_attempt a ON a.delivery_id = d.id AND a.number = d.attempt_count AND a.error_code = 'SECRET_UNREADABLE'
      WHERE d.status = 'pending' AND (d.reserved_until IS NULL OR d.reserved_until <= ${now}::timestamptz) AND ${isOwned}
      FOR NO KEY UPDATE OF d SKIP LOCKED
    )`
}
