import type { ImportCounts, ImportStatus } from './import-state.ts'

/** What of an import's record its progress is measured by. */
export interface ProgressFacts {
  readonly status: ImportStatus
  readonly bytes: number
  readonly bytesRead: number
  readonly counts: ImportCounts
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly updatedAt: Date
}

export interface ImportProgress {
  /** 0 to 100, with one decimal; 100 only once the import is completed. */
  readonly percent: number
  readonly bytesRead: number
  readonly rowsRead: number
  readonly rowsPerSecond: number
  /** Null while nothing can be said, and for an import that ended before its file did. */
  readonly etaSeconds: number | null
}

/** An import that is not completed is not at 100, however little is left. */
const MOST_PERCENT_UNFINISHED = 99.9

/**
 * How far an import is. A function of the record alone, without the clock, so that an unchanged import reads the same
 * at every look.
 */
export function measureProgress(record: ProgressFacts): ImportProgress {
  const { status, bytes, bytesRead, counts } = record
  const seconds = measureSeconds(record)
  const share = bytes === 0 ? 0 : Math.min(1, bytesRead / bytes)
  return {
    percent: status === 'completed' ? 100 : Math.min(MOST_PERCENT_UNFINISHED, Math.floor(share * 1000) / 10),
    bytesRead,
    rowsRead: counts.rows,
    rowsPerSecond: seconds > 0 ? Math.round(counts.rows / seconds) : 0,
    etaSeconds: estimateSeconds(record, share, seconds),
  }
}

/** From the start to the end, or to the last that was heard of it. */
function measureSeconds({ startedAt, finishedAt, updatedAt }: ProgressFacts): number {
  if (startedAt === null) return 0
  return Math.max(0, (finishedAt ?? updatedAt).getTime() - startedAt.getTime()) / 1000
}

function estimateSeconds({ status }: ProgressFacts, share: number, seconds: number): number | null {
  if (status === 'completed') return 0
  if (status !== 'processing' || share === 0) return null
  return Math.ceil((seconds * (1 - share)) / share)
}
