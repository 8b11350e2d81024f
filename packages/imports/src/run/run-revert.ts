import { completeRevert, findImportById, findRowsToRevert, revertRows, type SystemDatabase } from '@importer/db'
import { NO_TRACING, runInSpan, type Logger, type Tracing } from '@importer/runtime'

export interface RunRevertOptions {
  readonly database: SystemDatabase
  readonly log: Logger
  readonly importId: number
  /** Aborted when the process is to end: the rest is taken up again. */
  readonly signal: AbortSignal
  /** Looked at after each stretch of rows: true ends this call, and another one goes on. */
  readonly shouldYield: () => boolean
  /** Follows the import, where that is wanted. */
  readonly tracing?: Tracing
}

/** `reverted`: this call completed it. `yielded`: there is more to delete. `nothing-to-do`: it is over, or was never requested. */
export type RevertResult = 'reverted' | 'yielded' | 'nothing-to-do'

/** How many row numbers one transaction covers. */
const STRETCH_ROWS = 10_000

/**
 * Deletes what an import inserted, a stretch of rows at a time, and then says that it is reverted. What is left is its
 * own checkpoint, so it can be run again at any time, by any process, also by two at once. Rejects with the signal's
 * reason when it was stopped before its end.
 */
export async function runRevert(options: RunRevertOptions): Promise<RevertResult> {
  const { database, importId, tracing = NO_TRACING } = options
  const known = await findImportById(database, importId)
  if (known === null) return 'nothing-to-do'
  const span = tracing.startSpan('revert', {
    kind: 'consumer',
    parent: known.traceparent,
    attributes: { 'redemptions.import.id': importId, 'redemptions.org.id': known.orgId },
  })
  return runInSpan(span, async () => {
    const result = await revertKnown(options, known.orgId)
    span.setAttributes({ 'redemptions.result': result })
    return result
  })
}

async function revertKnown(
  { database, log, importId, signal, shouldYield }: RunRevertOptions,
  orgId: number,
): Promise<RevertResult> {
  const own = database.forOrganization(orgId, importId)
  const rows = await findRowsToRevert(own, importId)
  if (rows !== null) {
    for (let first = rows.first; first <= rows.last; first += STRETCH_ROWS) {
      signal.throwIfAborted()
      await revertRows(own, importId, { first, last: Math.min(rows.last, first + STRETCH_ROWS - 1) })
      if (first + STRETCH_ROWS <= rows.last && shouldYield()) return 'yielded'
    }
  }
  const isCompleted = await completeRevert(own, importId)
  if (isCompleted) log.info({ importId, orgId }, 'import reverted')
  return isCompleted ? 'reverted' : 'nothing-to-do'
}
