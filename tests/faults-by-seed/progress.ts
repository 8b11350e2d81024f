import type { Deletable } from './check-deletion.ts'
import type { StorageKind } from './disturbed-storage.ts'

/** What a run has to have met, or it has shown nothing. */
export interface Met {
  /** Batches of a worker that came back to an import which another one had taken. */
  lostFencingTokens: number
  takeOvers: number
  /** Files that were uploaded several times at once, and of which more than one import inserted rows. */
  conflicts: number
  tornUploads: number
  /** Imports of such files, and those that were uploaded by the compatible API. */
  gzipFiles: number
  workbooks: number
  compatibleUploads: number
  dryRuns: number
  deletions: number
  /** Uploads that S3 took though it was slow. */
  slowUploads: number
  /** Beside those, where the storage is a folder of its own file system: uploads that it had no space for, or was not there for. */
  refusedUploads: number
  /** Beside those: how much there was. */
  imports: number
  rows: number
}

/** How far a run is. */
export interface Progress {
  readonly met: Met
  /** A completed import with rejected rows that nobody has retried yet. */
  retryable: { readonly importId: number; readonly rejected: number } | null
  /** Another one that is over, to be deleted amid the next fault. */
  deletable: Deletable | null
}

export function beginProgress(): Progress {
  const met = {
    lostFencingTokens: 0,
    takeOvers: 0,
    conflicts: 0,
    tornUploads: 0,
    gzipFiles: 0,
    workbooks: 0,
    compatibleUploads: 0,
    dryRuns: 0,
    deletions: 0,
    slowUploads: 0,
    refusedUploads: 0,
    imports: 0,
    rows: 0,
  }
  return { met, retryable: null, deletable: null }
}

/** The names of what the run has not met yet and has to. */
export function listMissing({ refusedUploads: _, slowUploads, ...others }: Met, storage: StorageKind): string[] {
  const needed = storage === 's3' ? { ...others, slowUploads } : others
  return Object.entries(needed).flatMap(([name, count]) => (count === 0 ? [name] : []))
}
