import { ROW_ERROR_CODES } from '@importer/contracts'
import { readBacklog, type SystemDatabase } from '@importer/db'
import type { ImportObserver } from '@importer/imports'
import { createRegistry } from '@importer/observability'
import { withTimeout } from '@importer/runtime'
import type { AttemptResult } from '@importer/webhooks'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export interface WorkerMetrics {
  /** Of this process and of what waits for all workers, by no name of an organization, a file or a person. */
  readonly registry: Registry
  readonly imports: ImportObserver
  countReverted(): void
  countWebhookAttempt(result: AttemptResult): void
}

export interface WorkerMetricsOptions {
  readonly database: SystemDatabase
  /** Whose waiting requests are counted. */
  readonly pools: readonly Pick<SystemDatabase, 'countWaiting'>[]
}

/** The backlog is read at most so often, however many look. */
const BACKLOG_AGE_MS = 1_000
/** So long a scrape waits for it, of the 10 s that Prometheus gives it; a readiness check waits as long. */
const BACKLOG_TIMEOUT_MS = 2_000
const IMPORT_ENDS = ['completed', 'failed', 'cancelled', 'reverted'] as const
const ROW_OUTCOMES = ['inserted', 'duplicate', 'rejected'] as const
const ATTEMPT_RESULTS = ['delivered', 'retried', 'failed'] as const satisfies readonly AttemptResult[]

/** Every label that can come is there from the start: what has never happened is 0, not missing. */
export function createWorkerMetrics({ database, pools }: WorkerMetricsOptions): WorkerMetrics {
  const registry = createRegistry()
  const registers = [registry]
  const count = (name: string, help: string, label: string, values: readonly string[]) => {
    const counter = new Counter({ name, help, labelNames: [label], registers })
    for (const value of values) counter.inc({ [label]: value }, 0)
    return (value: string, by = 1): void => counter.inc({ [label]: value }, by)
  }
  const countRows = count('redemptions_rows_total', 'Data rows committed, by outcome', 'outcome', ROW_OUTCOMES)
  const countErrors = count(
    'redemptions_row_errors_total',
    'Rejected rows, once for each code that they have',
    'code',
    ROW_ERROR_CODES,
  )
  const countImports = count(
    'redemptions_imports_total',
    'Imports that came to an end in this worker, by status',
    'status',
    IMPORT_ENDS,
  )
  const countAttempts = count(
    'redemptions_webhook_attempts_total',
    'Attempts to deliver a webhook, by result',
    'result',
    ATTEMPT_RESULTS,
  )
  const batches = new Histogram({
    name: 'redemptions_batch_seconds',
    help: 'How long a batch took, from sending it first to its commit',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const takeOvers = new Counter({
    name: 'redemptions_takeovers_total',
    help: 'Imports that were gone on with after their worker had died or failed',
    registers,
  })
  observeBacklog(database, registry)
  const poolWaiting: Gauge = new Gauge({
    name: 'redemptions_database_pool_waiting',
    help: 'Requests of this process that wait for a database connection',
    registers,
    collect() {
      poolWaiting.set(pools.reduce((sum, pool) => sum + pool.countWaiting(), 0))
    },
  })
  return {
    registry,
    imports: {
      takenOver: () => takeOvers.inc(),
      batchCommitted({ inserted, duplicates, rejected, errorsByCode }, seconds) {
        countRows('inserted', inserted)
        countRows('duplicate', duplicates)
        countRows('rejected', rejected)
        for (const [code, rows] of Object.entries(errorsByCode)) countErrors(code, rows)
        batches.observe(seconds)
      },
      ended: (status) => countImports(status),
    },
    countReverted: () => countImports('reverted'),
    countWebhookAttempt: (result) => countAttempts(result),
  }
}

/** Read from the database when somebody looks, so that every worker says the same of all of them. */
function observeBacklog(database: SystemDatabase, registry: Registry): void {
  let backlog: ReturnType<typeof readBacklog> | undefined
  let readAt = -Infinity
  let isReading = false
  const read = async (): ReturnType<typeof readBacklog> => {
    // While the database is silent one request waits for it, not one more with each scrape.
    if (backlog === undefined || (!isReading && performance.now() - readAt > BACKLOG_AGE_MS)) {
      readAt = performance.now()
      isReading = true
      backlog = readBacklog(database).finally(() => {
        isReading = false
      })
    }
    return withTimeout(backlog, BACKLOG_TIMEOUT_MS, () => new Error('the database does not answer'))
  }
  const gauge = (name: string, help: string, key: keyof Awaited<ReturnType<typeof readBacklog>>): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        // NaN is Prometheus' word for what is not known: what else there is can still be read.
        const value = await read().then(
          (found) => found[key],
          () => Number.NaN,
        )
        made.set(value)
      },
    })
  }
  gauge('redemptions_imports_waiting', 'Imports of all organizations that wait for a worker', 'waiting')
  gauge(
    'redemptions_imports_preparing',
    'Imports of all organizations whose file is being made, of a retry or a workbook',
    'preparing',
  )
  gauge('redemptions_imports_running', 'Imports of all organizations that are worked on', 'running')
  gauge('redemptions_oldest_waiting_seconds', 'Since the import that waits longest was queued', 'oldestWaitingSeconds')
  gauge('redemptions_imports_reverting', 'Imports of all organizations that are to be reverted', 'reverting')
  gauge(
    'redemptions_revert_silent_seconds',
    'Since the revert that has made no progress for longest was requested or made some',
    'silentRevertSeconds',
  )
  gauge(
    'redemptions_webhook_oldest_pending_seconds',
    'Since the undelivered webhook that waits longest was made',
    'oldestWebhookSeconds',
  )
  gauge(
    'redemptions_webhook_oldest_due_seconds',
    'Since the attempt to deliver a webhook that is overdue longest was due',
    'oldestDueWebhookSeconds',
  )
}
