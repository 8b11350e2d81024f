import { PermanentError, type ImportFailureCode } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'

/** The import cannot succeed however often it is tried. The message is for the user. */
export class PermanentImportError extends PermanentError<ImportFailureCode> {
  override readonly name = 'PermanentImportError'
}

export interface CommittedRows {
  readonly rows: number
  readonly rejected: number
}

export interface ErrorBudget {
  /** Batches are no larger than this, so that an import stops soon after its budget is used up. */
  readonly maxBatchRows: number
  /** `sinceTaken`: what was committed beyond the counts of the import's record. Throws a PermanentImportError. */
  check(sinceTaken: CommittedRows): void
}

/** A share says little of a few rows. */
const RATIO_COUNTS_FROM_ROWS = 1_000
const BUDGETED_BATCH_ROWS = 1_000

/** How many rejected rows an import may have before it is stopped; without a limit unless its upload set one. */
export function createErrorBudget({
  counts,
  maxErrors,
  maxErrorRatio,
}: Pick<ImportRecord, 'counts' | 'maxErrors' | 'maxErrorRatio'>): ErrorBudget {
  if (maxErrors === null && maxErrorRatio === null) return { maxBatchRows: Infinity, check: () => undefined }
  return {
    maxBatchRows: BUDGETED_BATCH_ROWS,
    check(sinceTaken) {
      const rows = counts.rows + sinceTaken.rows
      const rejected = counts.rejected + sinceTaken.rejected
      if (maxErrors !== null && rejected > maxErrors) {
        throw exceeded(`${rejected} of ${rows} rows were rejected; expected at most ${maxErrors}`)
      }
      if (maxErrorRatio !== null && rows >= RATIO_COUNTS_FROM_ROWS && rejected > rows * maxErrorRatio) {
        throw exceeded(`${rejected} of ${rows} rows were rejected; expected at most a share of ${maxErrorRatio}`)
      }
    },
  }
}

function exceeded(reason: string): PermanentImportError {
  return new PermanentImportError(
    'ERROR_BUDGET_EXCEEDED',
    `The import was stopped: ${reason}. What it inserted is kept.`,
  )
}
