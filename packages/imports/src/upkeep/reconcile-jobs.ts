import { dueImportJobId, importJobId, prepareJobId, revertJobId, revertJobIds } from '@importer/contracts'
import { findStrandedImports, findStrandedReverts, type Database } from '@importer/db'
import type { Logger } from '@importer/runtime'

export interface ReconcileOptions {
  readonly database: Database
  readonly queue: JobQueue
  /** The queue of files that retries wait for. */
  readonly prepareQueue: JobQueue
  /** The queue of reverts. */
  readonly revertQueue: JobQueue
  readonly log: Logger
}

/** A queue, as far as the reconciler uses it: one request for each page, whatever is on it. */
export interface JobQueue {
  findJobs(jobIds: readonly string[]): Promise<ReadonlySet<string>>
  enqueueAll(
    jobs: readonly { readonly payload: { readonly importId: number }; readonly jobId: string }[],
  ): Promise<void>
}

export interface ReconcileResult {
  readonly requeued: number
  /** The last import that was looked at: the next round begins behind it; 0: at the first. */
  readonly reached: number
}

/** An import at work commits far more often than this, and a queued one is in the queue or about to be. */
const QUIET_MS = 5_000
const PAGE = 1_000
/** A queue that was lost with all its jobs is filled again by this many pages a round. */
const MOST_PAGES = 50

interface ExpectedJob {
  readonly importId: number
  readonly queue: JobQueue
  /** The jobs of which one should be there, and the one to add when none is. */
  readonly expected: readonly string[]
  readonly added: string
}

/**
 * Adds the jobs of imports and reverts that are in no queue: the queue was lost, or its writer died between commit and
 * adding. A round looks at the newest page of the imports that wait, which has what was lost a moment ago, and at one
 * more, from where the round before stopped; it goes on only while there are jobs missing. So it costs the same however
 * many wait.
 */
export async function reconcileJobs(options: ReconcileOptions, reached: number): Promise<ReconcileResult> {
  const { database, queue, prepareQueue, revertQueue, log } = options
  const findImports = async (afterId: number | null): Promise<ExpectedJob[]> => {
    const stranded = await findStrandedImports(database, { quietMs: QUIET_MS, afterId, limit: PAGE })
    return stranded.map((waiting) => {
      const { importId, fencingToken } = waiting
      if (waiting.toPrepare) {
        const preparing = prepareJobId(importId)
        return { importId, queue: prepareQueue, expected: [preparing], added: preparing }
      }
      const expected = [dueImportJobId(importId, waiting)]
      return { importId, queue, expected, added: importJobId(importId, fencingToken) }
    })
  }
  const imports = await requeueMissing(log, reached, findImports)
  const areAllSeen = reached === 0 && imports.reached === 0
  const newest = areAllSeen ? 0 : await requeuePage(log, await findImports(null))
  // There are few at a time: they are looked at from the first on.
  const reverts = await requeueMissing(log, 0, async (afterId) => {
    const stranded = await findStrandedReverts(database, { quietMs: QUIET_MS, afterId, limit: PAGE })
    return stranded.map((importId) => ({
      importId,
      queue: revertQueue,
      expected: revertJobIds(importId),
      added: revertJobId(importId),
    }))
  })
  return { requeued: imports.requeued + newest + reverts.requeued, reached: imports.reached }
}

async function requeueMissing(
  log: Logger,
  afterId: number,
  findPage: (afterId: number) => Promise<ExpectedJob[]>,
): Promise<ReconcileResult> {
  let requeued = 0
  let reached = afterId
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await findPage(reached)
    const missing = await requeuePage(log, page)
    requeued += missing
    reached = page.length < PAGE ? 0 : (page.at(-1)?.importId ?? 0)
    if (reached === 0 || missing === 0) break
  }
  return { requeued, reached }
}

/** Gives how many of the jobs were in no queue. */
async function requeuePage(log: Logger, page: readonly ExpectedJob[]): Promise<number> {
  const missing: ExpectedJob[] = []
  for (const queue of new Set(page.map((job) => job.queue))) {
    missing.push(
      ...(await addMissing(
        queue,
        page.filter((job) => job.queue === queue),
      )),
    )
  }
  if (missing.length > 0) {
    const importIds = missing.slice(0, 20).map(({ importId }) => importId)
    log.warn({ missingJobs: missing.length, importIds }, 'imports had lost their jobs: queued again')
  }
  return missing.length
}

/** As long as a job is there, the queue gives it to a worker, also when the worker that had it is dead. */
async function addMissing(queue: JobQueue, jobs: readonly ExpectedJob[]): Promise<ExpectedJob[]> {
  const there = await queue.findJobs(jobs.flatMap(({ expected }) => expected))
  const missing = jobs.filter(({ expected }) => !expected.some((jobId) => there.has(jobId)))
  if (missing.length > 0) {
    await queue.enqueueAll(missing.map(({ importId, added }) => ({ payload: { importId }, jobId: added })))
  }
  return missing
}
