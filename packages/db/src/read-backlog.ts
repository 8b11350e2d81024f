import type { Database } from './open-database.ts'

/** What waits and what is worked on, over all organizations. */
export interface Backlog {
  readonly waiting: number
  /** Whose file a worker is making, or was within the last 30 s. */
  readonly preparing: number
  readonly running: number
  /** Since the import that waits longest was queued; 0 where none waits. */
  readonly oldestWaitingSeconds: number
  /** Reverts that are not finished. */
  readonly reverting: number
  /** Since the revert that has made no progress for longest was requested or made some; 0 where there is none. */
  readonly silentRevertSeconds: number
  /** Since the webhook that waits longest was made; 0 where none waits. */
  readonly oldestWebhookSeconds: number
  /** Since the attempt that is overdue longest was due; 0 where none is due. An attempt under way counts as due. */
  readonly oldestDueWebhookSeconds: number
}

/**
 * By import_unfinished_id_idx, import_reverting_id_idx and webhook_delivery_pending_idx: the cost grows with what waits, never with
 * what is over. A worker that makes an import's file updates its row every few seconds: after 30 s without that the import waits, as
 * its delay NO_WORKER says, too.
 */
export async function readBacklog({ prisma }: Database): Promise<Backlog> {
  const [row] = await prisma.$queryRaw<Backlog[]>`
    SELECT i.waiting, i.preparing, i.running, coalesce(i.oldest, 0)::float8 AS "oldestWaitingSeconds",
           r.reverting, coalesce(r.silent, 0)::float8 AS "silentRevertSeconds",
           coalesce(w.made, 0)::float8 AS "oldestWebhookSeconds",
           greatest(coalesce(w.due, 0), 0)::float8 AS "oldestDueWebhookSeconds"
    FROM (
      SELECT count(*) FILTER (WHERE waits)::int AS waiting,
             count(*) FILTER (WHERE status = 'queued' AND NOT waits)::int AS preparing,
             count(*) FILTER (WHERE status = 'processing')::int AS running,
             extract(epoch FROM clock_timestamp() - min(
               CASE WHEN started_at IS NULL THEN created_at ELSE updated_at END
             ) FILTER (WHERE waits)) AS oldest
      FROM import, LATERAL (
        SELECT status = 'queued' AND NOT (to_prepare AND updated_at > clock_timestamp() - interval '30 s') AS waits
      ) AS x
      WHERE status IN ('queued', 'processing')
    ) i, (
      SELECT count(*)::int AS reverting, extract(epoch FROM clock_timestamp() - min(updated_at)) AS silent
      FROM import WHERE revert_requested_at IS NOT NULL AND status <> 'reverted'
    ) r, (
      SELECT extract(epoch FROM clock_timestamp() - min(created_at)) AS made,
             extract(epoch FROM clock_timestamp() - min(next_attempt_at)) AS due
      FROM webhook_delivery WHERE status = 'pending'
    ) w`
  if (row === undefined) throw new Error('the backlog has no row')
  return row
}
