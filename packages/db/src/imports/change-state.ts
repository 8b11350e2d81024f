import { RESUMED_IMPORT_JOB_ID, type Actor } from '@importer/contracts'

import type { Database, Transaction } from '../open-database.ts'
import { runAction } from '../run-action.ts'
import { recordImportEvent } from '../webhooks/record-event.ts'
import { DRY_RUN_RESUMABLE_DAYS } from './dry-rows.ts'
import { countQueuedImports, QueueFullError, queueLock } from './queue-limit.ts'
import { END_ABANDONED_SLICE } from './time-slices.ts'

/** An import as its organization names it. */
export interface OwnedImport {
  readonly orgId: number
  readonly importId: number
}

/** What an operator does to an import, for its timeline. */
export interface ImportAction extends OwnedImport {
  readonly actor: Actor
}

/** Each action is compare-and-set: it returns whether it changed the import, and where it does not fit it changes nothing. */

const CANCEL = `
UPDATE import
SET status = 'cancelled', finished_at = $3::timestamptz, updated_at = $3::timestamptz, clean_stop = true,
    ${END_ABANDONED_SLICE}
WHERE id = $1::int AND org_id = $2::int AND status IN ('queued', 'processing')`

/**
 * Stops an import here and now. Its partitions are fenced as a take-over fences them, but a batch that is in progress is
 * cancelled, not waited for: its worker, alive or not, can commit nothing more.
 */
export async function cancelImport(database: Database, { orgId, importId, actor }: ImportAction): Promise<boolean> {
  return runAction(database, importId, actor, async (tx) => {
    const now = new Date()
    if ((await tx.$executeRawUnsafe(CANCEL, importId, orgId, now)) === 0) return false
    // A statement of its own, which sees the partitions of a claim that the first one had to wait for.
    await tx.importPartition.updateMany({ where: { importId }, data: { fencingToken: 0 } })
    await recordImportEvent(tx, importId, now)
    return true
  })
}

/**
 * Lets a cancelled or failed import go on from its checkpoints. Gives the id of the job to queue, which no earlier job
 * of it had; null where it does not fit. An error budget that was used up no longer holds: whoever resumes has seen it.
 * Throws a QueueFullError where it fits and `maxQueued` imports of the organization wait already.
 */
export async function resumeImport(
  database: Database,
  { orgId, importId, actor, maxQueued }: ImportAction & { readonly maxQueued?: number | undefined },
): Promise<{ jobId: string } | null> {
  return runAction(database, importId, actor, async (tx) => {
    if (maxQueued !== undefined) {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${queueLock(orgId)}, 0))`
    }
    const resumed = await resume(tx, { orgId, importId })
    // Counted with the resumed one, and thrown: then nothing has happened.
    if (resumed !== null && maxQueued !== undefined && (await countQueuedImports({ prisma: tx }, orgId)) > maxQueued) {
      throw new QueueFullError(maxQueued)
    }
    return resumed
  })
}

async function resume(tx: Transaction, { orgId, importId }: OwnedImport): Promise<{ jobId: string } | null> {
  const rows = await tx.$queryRaw<{ jobId: string }[]>`
    UPDATE import
    SET status = 'queued', resumed_at = clock_timestamp(), finished_at = NULL, total_rows = NULL, error_streak = 0,
        max_errors = CASE WHEN failure_code = 'ERROR_BUDGET_EXCEEDED' THEN NULL ELSE max_errors END,
        max_error_ratio = CASE WHEN failure_code = 'ERROR_BUDGET_EXCEEDED' THEN NULL ELSE max_error_ratio END,
        failure_code = NULL, failure_message = NULL, updated_at = clock_timestamp(),
        job_id = format(${RESUMED_IMPORT_JOB_ID}, id, lease, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    WHERE id = ${importId}::int AND org_id = ${orgId}::int AND status IN ('cancelled', 'failed')
      AND revert_requested_at IS NULL AND expired_at IS NULL
      AND (NOT dry_run OR finished_at > clock_timestamp() - ${DRY_RUN_RESUMABLE_DAYS}::float8 * interval '1 day')
    RETURNING job_id AS "jobId"`
  return rows[0] ?? null
}

/** Marks a finished import as one to revert: from here on nothing else can be done with it. */
export async function requestRevert(database: Database, { orgId, importId, actor }: ImportAction): Promise<boolean> {
  return runAction(database, importId, actor, async (tx) => {
    const changed = await tx.$executeRaw`
    UPDATE import SET revert_requested_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE id = ${importId}::int AND org_id = ${orgId}::int AND status IN ('completed', 'failed', 'cancelled')
      AND NOT dry_run AND revert_requested_at IS NULL`
    return changed > 0
  })
}
