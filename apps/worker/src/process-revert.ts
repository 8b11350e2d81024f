import type { SystemDatabase } from '@importer/db'
import { runRevert } from '@importer/imports'
import type { JobContext } from '@importer/queue'
import type { Logger, Tracing } from '@importer/runtime'

export interface RevertProcessorDependencies {
  readonly database: SystemDatabase
  readonly log: Logger
  readonly tracing: Tracing
  /** Called when an import has been reverted. */
  readonly onReverted: () => void
}

/** Reverts one import, or what is left of it. Stopped half-way it throws, so that the job goes back to the queue. */
export function createRevertProcessor({ onReverted, ...dependencies }: RevertProcessorDependencies) {
  return async ({ importId }: { importId: number }, { signal }: JobContext): Promise<void> => {
    if (await runRevert({ ...dependencies, importId, signal })) onReverted()
  }
}
