import type { SystemDatabase } from '@importer/db'
import { prepareImport, type ImportObserver } from '@importer/imports'
import type { FileStore } from '@importer/file-store'
import type { JobContext, Producer } from '@importer/queue'
import type { Logger, Tracing } from '@importer/runtime'

export interface PreparationProcessorDependencies {
  readonly database: SystemDatabase
  readonly store: FileStore
  readonly producer: Producer<'import'>
  readonly log: Logger
  readonly tracing: Tracing
  readonly observer: ImportObserver
}

/** Makes the file that an import is to read (of a retry, of a workbook), and queues the import that it then is. */
export function createPreparationProcessor({ producer, ...rest }: PreparationProcessorDependencies) {
  return async ({ importId }: { importId: number }, { signal }: JobContext): Promise<void> => {
    const next = await prepareImport({ ...rest, importId, signal })
    // Committed first and queued second: should the queue be away just now, the import is found without a job.
    if (next !== null) await producer.enqueue({ importId }, next)
  }
}
