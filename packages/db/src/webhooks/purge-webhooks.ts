import type { Database } from '../open-database.ts'

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
