import type { CommittedBatch } from '@importer/db'

/** How an import ended, as a worker sees it. */
export type ImportEnd = 'completed' | 'failed' | 'cancelled'

/** Learns what happens to imports in this process, for its metrics. Never throws. */
export interface ImportObserver {
  /** An import is gone on with whose worker died or failed. */
  takenOver(): void
  /** A batch was committed, `seconds` after it was sent first. */
  batchCommitted(batch: CommittedBatch, seconds: number): void
  ended(status: ImportEnd): void
}
