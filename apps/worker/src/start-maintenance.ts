import { findDueTask, openTaskLocks, recordTask, resealSecrets, type Database, type TaskLocks } from '@importer/db'
import { cleanFiles, clearDryRuns, purgeExpired, reconcileJobs, type JobQueue } from '@importer/imports'
import type { FileStore } from '@importer/file-store'
import type { Logger } from '@importer/runtime'

export interface MaintenanceOptions {
  readonly database: Database
  /** Has the keys that seal the secrets of webhooks. */
  readonly webhookDatabase: Database
  readonly databaseUrl: string
  readonly store: FileStore
  readonly queue: JobQueue
  readonly prepareQueue: JobQueue
  readonly revertQueue: JobQueue
  readonly log: Logger
  /** How long files and row outcomes of imports that have ended are kept; undefined: for ever. */
  readonly retentionDays: number | undefined
}

interface Task {
  /** Its name in the database. */
  readonly name: string
  readonly everyMs: number
  /** Does a bounded part, from where the last run stopped, and gives where it stopped. */
  run(reached: number): Promise<number>
}

/**
 * Runs the reconciler, the janitor and the resealing of secrets: each at the start of a worker, then in its own rhythm in whichever worker comes
 * first, one at a time over all of them. Returns a function that stops the tasks and waits for those running.
 */
export function startMaintenance(options: MaintenanceOptions): () => Promise<void> {
  const { databaseUrl, log } = options
  const locks = openTaskLocks({
    url: databaseUrl,
    onConnectionLost: (error) => log.warn({ err: error }, 'the connection that holds the locks of tasks broke'),
  })
  const stops = listTasks(options).map((task) => repeatTask(task, locks, options))
  return async () => {
    await Promise.all(stops.map(async (stop) => stop()))
    await locks.close()
  }
}

function listTasks(options: MaintenanceOptions): Task[] {
  const { database, webhookDatabase, store, queue, prepareQueue, revertQueue, log, retentionDays } = options
  const tasks: Task[] = [
    {
      name: 'reconcile-jobs',
      everyMs: 10_000,
      async run(reached) {
        const result = await reconcileJobs({ database, queue, prepareQueue, revertQueue, log }, reached)
        return result.reached
      },
    },
    {
      name: 'clean-files',
      everyMs: 120_000,
      async run(reached) {
        const { reached: next, ...counts } = await cleanFiles({ database, store, log }, reached)
        if (counts.unfinishedFiles + counts.orphanedFiles > 0) log.info(counts, 'removed what dead uploads left')
        return next
      },
    },
    {
      name: 'clear-dry-runs',
      everyMs: 30_000,
      async run() {
        const clearedDryRuns = await clearDryRuns(database)
        if (clearedDryRuns > 0) log.info({ clearedDryRuns }, 'deleted what dry runs would have inserted')
        return 0
      },
    },
    {
      name: 'purge-expired',
      everyMs: 60_000,
      async run() {
        const counts = await purgeExpired({ database, store, log, retentionDays })
        if (counts.purgedImports + counts.purgedWebhooks > 0) log.info(counts, 'deleted what is kept no longer')
        return 0
      },
    },
  ]
  // A worker without a key holds the task's lock and seals nothing: workers that have one would do less.
  if (webhookDatabase.secrets.keyIds.length > 0) tasks.push(resealingTask(options))
  return tasks
}

/**
 * Repeated: a process that has the keys in another order, or none yet, stores further secrets that the first key of this worker does
 * not seal.
 */
function resealingTask({ webhookDatabase, log }: MaintenanceOptions): Task {
  /** An error of each run would bury the others. */
  const reported = new Set<string>()
  return {
    name: 'reseal-secrets',
    everyMs: 10_000,
    async run(reached) {
      const { resealed, unreadable, reached: next } = await resealSecrets(webhookDatabase, reached)
      for (const { message } of unreadable) {
        if (!reported.has(message)) log.error(`${message}; until then its deliveries wait`)
        reported.add(message)
      }
      if (resealed > 0) log.info({ resealed }, 'webhook secrets are sealed with the first key of SECRETS_KEY')
      return next
    },
  }
}

/** How often a worker looks whether a task is due, as a part of the task's own rhythm. */
const LOOKS_PER_RHYTHM = 2

function repeatTask(task: Task, locks: TaskLocks, { database, log }: MaintenanceOptions): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()

  async function runIfDue(everyMs: number): Promise<void> {
    await locks.run(task.name, async () => {
      const reached = await findDueTask(database, task.name, everyMs)
      if (reached === null) return
      await recordTask(database, task.name, await task.run(reached))
    })
  }

  function next(everyMs: number): void {
    running = runIfDue(everyMs)
      .catch((error: unknown) => log.warn({ err: error, task: task.name }, 'a task failed; it is run again'))
      .finally(() => {
        if (!stopped) timer = setTimeout(next, task.everyMs / LOOKS_PER_RHYTHM, task.everyMs)
      })
  }

  // At the start it is due in any case: what was going on before is not known.
  next(0)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
