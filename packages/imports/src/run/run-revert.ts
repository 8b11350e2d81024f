import { completeRevert, findImportById, findRowsToRevert, revertRows, type Database } from '@importer/db'
import type { Logger } from '@importer/runtime'

export interface RunRevertOptions {
  readonly database: Database
  readonly log: Logger
  readonly importId: number
  /** Aborted when the process is to end: the rest is taken up again. */
  readonly signal: AbortSignal
}

/** How many row numbers one transaction covers. */
const STRETCH_ROWS = 10_000

/**
 * Deletes what an import inserted, a stretch of rows at a time, and then says that it is reverted. What is left is its
 * own checkpoint, so it can be run again at any time, by any process, also by two at once. Rejects with the signal's
 * reason when it was stopped before its end: to return means that there is nothing left to do. True: this call completed it.
 */
export async function runRevert({ database, log, importId, signal }: RunRevertOptions): Promise<boolean> {
  const rows = await findRowsToRevert(database, importId)
  if (rows !== null) {
    for (let first = rows.first; first <= rows.last; first += STRETCH_ROWS) {
      signal.throwIfAborted()
      await revertRows(database, importId, { first, last: Math.min(rows.last, first + STRETCH_ROWS - 1) })
    }
  }
  const isCompleted = await completeRevert(database, importId)
  if (isCompleted) {
    const record = await findImportById(database, importId).catch(() => null)
    log.info({ importId, orgId: record?.orgId }, 'import reverted')
  }
  return isCompleted
}
