import type { Database } from '@importer/db'
import { runRevert } from '@importer/imports'
import type { JobContext, Logger } from '@importer/runtime'

/** Reverts one import, or what is left of it. Stopped half-way it throws, so that the job goes back to the queue. */
export function createRevertProcessor(dependencies: { readonly database: Database; readonly log: Logger }) {
  return async ({ importId }: { importId: number }, { signal }: JobContext): Promise<void> => {
    await runRevert({ ...dependencies, importId, signal })
  }
}
