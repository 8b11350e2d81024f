/** Where an import stands. PostgreSQL holds the only truth about it. */
export const IMPORT_STATUSES = ['queued', 'processing', 'completed', 'failed', 'cancelled', 'reverted'] as const
export type ImportStatus = (typeof IMPORT_STATUSES)[number]

/** The words of the compatible API for the same states. */
export const COMPATIBLE_STATUS = {
  queued: 'QUEUED',
  processing: 'STARTED',
  completed: 'COMPLETED',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
  reverted: 'REVERTED',
} as const satisfies Record<ImportStatus, string>

export const IMPORT_OUTCOMES = ['success', 'partial', 'failure'] as const
export type ImportOutcome = (typeof IMPORT_OUTCOMES)[number]

export interface ImportCounts {
  readonly rows: number
  readonly inserted: number
  readonly duplicates: number
  readonly rejected: number
}

/** What became of a completed import's rows. A file without a rejected row is a success, an empty one included. */
export function outcomeOf(counts: ImportCounts): ImportOutcome {
  if (counts.rejected === 0) return 'success'
  return counts.inserted + counts.duplicates === 0 ? 'failure' : 'partial'
}
