import { CONTINUED_PRIORITY } from '@importer/contracts'
import type { SystemDatabase } from '@importer/db'
import type { FileStore } from '@importer/file-store'
import { runImport, type ImportObserver } from '@importer/imports'
import type { JobContext, Producer } from '@importer/queue'
import type { Logger, Tracing } from '@importer/runtime'

import { startTimeSlice } from './time-slice.ts'

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

/** Runs an import for one time slice, and queues its next job when it has yielded. */
export function createImportProcessor(dependencies: ImportProcessorDependencies) {
  const { producer, log, ...rest } = dependencies
  return async ({ importId }: { importId: number }, { jobId, signal }: JobContext): Promise<void> => {
    const shouldYield = startTimeSlice({
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
