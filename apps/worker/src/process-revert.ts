import { CONTINUED_PRIORITY, nextRevertJobId } from '@importer/contracts'
import type { SystemDatabase } from '@importer/db'
import { runRevert } from '@importer/imports'
import type { JobContext, Producer } from '@importer/queue'
import type { Logger, Tracing } from '@importer/runtime'

import { startTimeSlice } from './time-slice.ts'

export interface RevertProcessorDependencies {
  readonly database: SystemDatabase
  readonly producer: Producer<'revert'>
  readonly log: Logger
  readonly tracing: Tracing
  /** Called when an import has been reverted. */
  readonly onReverted: () => void
}

/**
 * Reverts one import, or what is left of it, for one time slice, and queues its next job when it has yielded. Stopped half-way it
 * throws, so that the job goes back to the queue.
 */
export function createRevertProcessor({ producer, onReverted, ...dependencies }: RevertProcessorDependencies) {
  const { log } = dependencies
  return async ({ importId }: { importId: number }, { jobId, signal }: JobContext): Promise<void> => {
    const shouldYield = startTimeSlice({
      countWaiting: async () => producer.countWaiting(),
      onError: (error) =>
        log.warn({ importId, err: error }, 'the queue could not count the waiting jobs: the revert goes on'),
    })
    const result = await runRevert({ ...dependencies, importId, signal, shouldYield })
    if (result === 'reverted') onReverted()
    // This job ends only after the next one is there: should the queue be away just now, this one is tried again.
    if (result === 'yielded') {
      await producer.enqueue({ importId }, { jobId: nextRevertJobId(importId, jobId), priority: CONTINUED_PRIORITY })
    }
  }
}
