import {
  findStrandedImports,
  findStrandedReverts,
  findUnknownFileKeys,
  importJobId,
  prepareJobId,
  revertJobId,
  type Database,
} from '@importer/db'
import type { FileStore, Logger } from '@importer/runtime'

import { clearDryRuns } from './clear-dry-runs.ts'
import { purgeExpired } from './purge-expired.ts'

export interface SweepOptions {
  readonly database: Database
  readonly store: FileStore
  readonly queue: ImportQueue
  /** The queue of files that retries wait for. */
  readonly prepareQueue: ImportQueue
  /** The queue of reverts. */
  readonly revertQueue: ImportQueue
  readonly log: Logger
  /** How long files and row outcomes of imports that have ended are kept; undefined: for ever. */
  readonly retentionDays: number | undefined
}

/** The queue of imports, as far as the sweep asks it. */
export interface ImportQueue {
  enqueue(payload: { importId: number }, options: { jobId: string }): Promise<void>
  hasJob(jobId: string): Promise<boolean>
}

export interface SweepResult {
  readonly requeued: number
  readonly partialFiles: number
  readonly orphanedFiles: number
  readonly clearedDryRuns: number
  readonly purgedImports: number
  readonly purgedWebhooks: number
}

/** An import at work commits far more often than this, and a queued one is in the queue or about to be. */
const QUIET_MS = 5_000

/** Orphans of before that were found by earlier sweeps. */
const ORPHAN_WITHIN_MS = 48 * 3_600_000
const ORPHAN_PAGE = 500

/**
 * Finds what fell between two systems and mends it: imports whose job is in no queue (the queue was lost, or its writer
 * died between commit and enqueue), uploads that died half-way, stored files whose import was never committed.
 * What is kept no longer is deleted, a bounded part at a time. Any number of processes may do it at any time.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const result = {
    requeued: (await requeueStranded(options)) + (await requeueReverts(options)),
    partialFiles: await options.store.removeUnfinished({ olderThanMs: options.store.deadAfterMs.unfinished }),
    orphanedFiles: await removeOrphans(options),
    clearedDryRuns: await clearDryRuns(options.database),
    ...(await purgeExpired(options)),
  }
  if (Object.values(result).some((count) => count > 0)) options.log.info(result, 'sweep')
  return result
}

async function requeueStranded({ database, queue, prepareQueue, log }: SweepOptions): Promise<number> {
  let requeued = 0
  for (const { importId, lease, jobId, toPrepare } of await findStrandedImports(database, QUIET_MS)) {
    // As long as the job is there, the queue will give it to a worker, also when the worker that had it is dead.
    const expected = toPrepare ? prepareJobId(importId) : (jobId ?? importJobId(importId, lease))
    const jobs = toPrepare ? prepareQueue : queue
    if (await jobs.hasJob(expected)) continue
    await jobs.enqueue({ importId }, { jobId: toPrepare ? expected : importJobId(importId, lease) })
    log.warn({ importId, missingJob: expected }, 'an import had lost its job: queued again')
    requeued += 1
  }
  return requeued
}

async function requeueReverts({ database, revertQueue, log }: SweepOptions): Promise<number> {
  let requeued = 0
  for (const importId of await findStrandedReverts(database, QUIET_MS)) {
    const jobId = revertJobId(importId)
    if (await revertQueue.hasJob(jobId)) continue
    await revertQueue.enqueue({ importId }, { jobId })
    log.warn({ importId, missingJob: jobId }, 'a revert had lost its job: queued again')
    requeued += 1
  }
  return requeued
}

async function removeOrphans({ database, store, log }: SweepOptions): Promise<number> {
  let removed = 0
  let page: string[] = []
  const removePage = async (): Promise<void> => {
    for (const key of await findUnknownFileKeys(database, page)) {
      await store.remove(key)
      log.warn({ fileKey: key }, 'a stored file belonged to no import: removed')
      removed += 1
    }
    page = []
  }
  const age = { olderThanMs: store.deadAfterMs.finished, newerThanMs: ORPHAN_WITHIN_MS }
  for await (const key of store.listFinished(age)) {
    page.push(key)
    if (page.length >= ORPHAN_PAGE) await removePage()
  }
  if (page.length > 0) await removePage()
  return removed
}
