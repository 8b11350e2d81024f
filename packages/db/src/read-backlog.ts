import type { Database } from './open-database.ts'

/** What waits and what is worked on, over all organizations. */
export interface Backlog {
  readonly waiting: number
  readonly running: number
  /** Since the import that waits longest was queued; 0 where none waits. */
  readonly oldestWaitingSeconds: number
  /** Since the webhook that waits longest was made; 0 where none waits. */
  readonly oldestWebhookSeconds: number
  /** Since the attempt that is overdue longest was due; 0 where none is due. An attempt under way counts as due. */
  readonly oldestDueWebhookSeconds: number
}

/** By import_unfinished_idx and webhook_delivery_pending_idx: the cost grows with what waits, never with what is over. */
export async function readBacklog({ prisma }: Database): Promise<Backlog> {
  const [row] = await prisma.$queryRaw<Backlog[]>`
    SELECT i.waiting, i.running, coalesce(i.oldest, 0)::float8 AS "oldestWaitingSeconds",
           coalesce(w.made, 0)::float8 AS "oldestWebhookSeconds",
           greatest(coalesce(w.due, 0), 0)::float8 AS "oldestDueWebhookSeconds"
    FROM (
      SELECT count(*) FILTER (WHERE status = 'queued')::int AS waiting,
             count(*) FILTER (WHERE status = 'processing')::int AS running,
             extract(epoch FROM clock_timestamp() - min(
               CASE WHEN status = 'queued' THEN CASE WHEN started_at IS NULL THEN created_at ELSE updated_at END END
             )) AS oldest
      FROM import WHERE status IN ('queued', 'processing')
    ) i, (
      SELECT extract(epoch FROM clock_timestamp() - min(created_at)) AS made,
             extract(epoch FROM clock_timestamp() - min(next_attempt_at)) AS due
      FROM webhook_delivery WHERE status = 'pending'
    ) w`
  if (row === undefined) throw new Error('the backlog has no row')
  return row
}
