import type { SystemDatabase } from '@importer/db'
import type { FileStore } from '@importer/file-store'
import { runImport, type ImportObserver } from '@importer/imports'
import type { JobContext, Producer } from '@importer/queue'
import type { Logger, Tracing } from '@importer/runtime'

export interface ImportProcessorDependencies {
  readonly database: SystemDatabase
  readonly store: FileStore
  readonly producer: Producer<'import'>
  readonly log: Logger
  readonly tracing: Tracing
  readonly partitionCount: number
  readonly batchRows: number
  readonly observer: ImportObserver
}

/** How long an import runs before it yields to one that waits. */
const SLICE_MS = 1_000

/** An import that has yielded waits behind those that are new, which have no priority number. */
const CONTINUED_PRIORITY = 10

/** Runs an import for one time slice, and queues its next job when it has yielded. */
export function createImportProcessor(dependencies: ImportProcessorDependencies) {
  const { producer, log, ...rest } = dependencies
  return async ({ importId }: { importId: number }, { jobId, signal }: JobContext): Promise<void> => {
    const shouldYield = startTimeSlice({
      sliceMs: SLICE_MS,
      countWaiting: async () => producer.countWaiting(),
      onError: (error) =>
        log.warn({ importId, err: error }, 'the queue could not count the waiting jobs: the import goes on'),
    })
    const result = await runImport({ ...rest, log, importId, jobId, signal, shouldYield })
    if (result.status === 'finished') return
    // Committed first and queued second: should the queue be away just now, the reconciler finds the import.
    await producer.enqueue({ importId }, { jobId: result.jobId, priority: CONTINUED_PRIORITY })
  }
}

interface TimeSliceOptions {
  readonly sliceMs: number
  /** How many jobs wait for a worker. */
  readonly countWaiting: () => Promise<number>
  readonly onError: (error: unknown) => void
}

/**
 * Decides when a long import yields: once its time slice is over and another job waits. If none waits, another slice
 * begins. The caller may call it often: it answers at once, and counts the waiting jobs in the background.
 */
function startTimeSlice({ sliceMs, countWaiting, onError }: TimeSliceOptions): () => boolean {
  let endsAt = performance.now() + sliceMs
  let isCounting = false
  let isOver = false
  return () => {
    if (isOver) return true
    if (isCounting || performance.now() < endsAt) return false
    isCounting = true
    countWaiting()
      .then((waiting) => {
        isOver = waiting > 0
      }, onError)
      .finally(() => {
        isCounting = false
        endsAt = performance.now() + sliceMs
      })
      .catch(onError)
    return false
  }
}
