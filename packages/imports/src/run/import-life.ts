import { findImportById, type CommittedBatch, type Database, type ImportRecord } from '@importer/db'
import type { Logger } from '@importer/runtime'

/** Notes in the log that a worker has taken an import: for the first time, after a failed worker, or for a further time slice. */
export function logClaim(log: Logger, known: ImportRecord, { id, orgId, attempts, dryRun }: ImportRecord): void {
  const fields = { importId: id, orgId, attempts }
  if (known.attempts === 0) log.info({ ...fields, dryRun }, 'import started')
  else if (attempts > known.attempts) log.warn(fields, 'import taken over from a worker that failed')
  else log.debug(fields, 'import goes on')
}

/** Notes in the log that an import is completed, with its counts. Never rejects: the import has ended all the same. */
export async function logCompletion(database: Database, log: Logger, importId: number): Promise<void> {
  const record = await findImportById(database, importId).catch(() => null)
  log.info({ importId, orgId: record?.orgId, ...record?.counts, workedMs: record?.workedMs }, 'import completed')
}

/** Learns what happens to imports in this process, for its metrics. Never throws. */
export interface ImportObserver {
  /** An import is gone on with whose worker died or failed. */
  takenOver(): void
  /** A batch was committed, `seconds` after it was sent first. */
  batchCommitted(batch: CommittedBatch, seconds: number): void
  ended(status: 'completed' | 'failed' | 'cancelled'): void
}
