import type { ImportCounts, ImportStatus } from './import-state.ts'

/** What of an import's record its progress is measured by. */
export interface ProgressFacts {
  readonly status: ImportStatus
  readonly bytes: number
  readonly bytesRead: number
  readonly counts: ImportCounts
  /** The file's data rows; null until all of them have their outcome. */
  readonly totalRows: number | null
  /** For how long it was worked on, up to the last progress: neither pauses nor waits for a time slice. */
  readonly workedMs: number
}

export interface ImportProgress {
  /** 0 to 100, with one decimal; 100 once the import is completed, and after that for good. */
  readonly percent: number
  readonly bytesRead: number
  readonly rowsRead: number
  /** Of the time that it was worked on. */
  readonly rowsPerSecond: number
  /** Of that time, what is left. Null while nothing can be said, and for an import that ended before its file did. */
  readonly etaSeconds: number | null
}

/** An import that is not completed is not at 100, however little is left. */
const MOST_PERCENT_UNFINISHED = 99.9

/**
 * How far an import is. A function of the record alone, without the clock, so that an unchanged import reads the same
 * at every look.
 */
export function measureProgress(record: ProgressFacts): ImportProgress {
  const { bytes, bytesRead, counts } = record
  const seconds = record.workedMs / 1000
  const share = bytes === 0 ? 0 : Math.min(1, bytesRead / bytes)
  return {
    percent: wasCompleted(record) ? 100 : Math.min(MOST_PERCENT_UNFINISHED, Math.floor(share * 1000) / 10),
    bytesRead,
    rowsRead: counts.rows,
    rowsPerSecond: seconds > 0 ? Math.round(counts.rows / seconds) : 0,
    etaSeconds: estimateSeconds(record, share, seconds),
  }
}

/** What was completed and then reverted has been read to its end all the same: progress never goes back. */
function wasCompleted({ status, totalRows }: ProgressFacts): boolean {
  return status === 'completed' || (status === 'reverted' && totalRows !== null)
}

function estimateSeconds(record: ProgressFacts, share: number, seconds: number): number | null {
  if (wasCompleted(record)) return 0
  if (record.status !== 'processing' || share === 0) return null
  return Math.ceil((seconds * (1 - share)) / share)
}
