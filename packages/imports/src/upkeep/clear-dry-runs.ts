import { deleteDryRows, findDryRunsToClear, recordDryRowsRemoved, type Database } from '@importer/db'

/** What one pass does at most, some seconds of work: the rest is the next one's. A dry run of a million rows is one pass. */
const PASS_IMPORTS = 100
const PASS_ROWS = 1_000_000
/** What one statement deletes at most. */
const BATCH_ROWS = 10_000

/**
 * Deletes what dry runs that are over would have inserted, and gives how many dry runs are clear of it. Can be stopped
 * anywhere and run by several at once: a dry run counts as clear only when nothing is left to delete.
 */
export async function clearDryRuns(database: Database): Promise<number> {
  let cleared = 0
  let rowsLeft = PASS_ROWS
  for (const importId of await findDryRunsToClear(database, PASS_IMPORTS)) {
    for (;;) {
      const limit = Math.min(BATCH_ROWS, rowsLeft)
      const deleted = await deleteDryRows(database, importId, limit)
      rowsLeft -= deleted
      if (deleted < limit) break
      if (rowsLeft <= 0) return cleared
    }
    await recordDryRowsRemoved(database, importId)
    cleared += 1
  }
  return cleared
}
