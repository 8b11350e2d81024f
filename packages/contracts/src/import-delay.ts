import type { ImportStatus } from './import-state.ts'

/** Why an unfinished import, or its revert, does not go on. */
export const DELAY_CODES = ['NO_WORKER', 'WORKER_SILENT', 'STORAGE_UNAVAILABLE', 'DATABASE_BUSY'] as const

export type DelayCode = (typeof DELAY_CODES)[number]

/** What the worker itself can tell; the others are seen from outside. */
export type RecordedDelayCode = Extract<DelayCode, 'STORAGE_UNAVAILABLE' | 'DATABASE_BUSY'>

export interface ImportDelay {
  readonly code: DelayCode
  /** For whoever runs the system: what was found, and what to do. */
  readonly message: string
  readonly since: Date
}

/** All times are the database's. */
export interface DelayFacts {
  readonly status: ImportStatus
  /** When these facts were read. */
  readonly readAt: Date
  /** The last change of the import or of its checkpoints. */
  readonly updatedAt: Date
  /** The last change of a checkpoint; null: there is none yet. */
  readonly progressedAt: Date | null
  /** What it inserted is to be deleted, whatever its status says until that is done. */
  readonly revertRequested: boolean
  /** What its worker recorded last, and when. */
  readonly recorded: (ImportDelay & { readonly at: Date }) | null
}

const NO_WORKER_AFTER_MS = 30_000
const WORKER_SILENT_AFTER_MS = 10_000
/** A worker records a delay that lasts again and again; one that stopped doing so is silent. */
const RECORD_HOLDS_MS = 45_000

const MESSAGES: Readonly<Record<DelayCode, string>> = {
  NO_WORKER: 'It waits, and no worker has worked on it for 30 s. See whether a worker runs, and what its log says.',
  WORKER_SILENT:
    'Its worker has made no progress for 10 s. One that has died is replaced within seconds; see whether it is stopped or overloaded.',
  STORAGE_UNAVAILABLE: 'The file storage does not answer. The import goes on by itself once it does.',
  DATABASE_BUSY: 'The database does not answer in time, or is busy. The import goes on by itself.',
}

/** The message of a delay; `reason` names what was found and holds no secret. */
export function explainDelay(code: DelayCode, reason?: string): string {
  return reason === undefined ? MESSAGES[code] : `${MESSAGES[code]} Found: ${reason}.`
}

/** What delays an import or its revert; null: nothing, or it is over. Progress ends a delay that was recorded before it. */
export function findDelay(facts: DelayFacts): ImportDelay | null {
  const { status, readAt, updatedAt, progressedAt, revertRequested, recorded } = facts
  const ageMs = (time: Date): number => readAt.getTime() - time.getTime()
  const isRecorded = recorded !== null && ageMs(recorded.at) < RECORD_HOLDS_MS
  if (status === 'queued') {
    // Before a worker takes it there is no checkpoint: whatever changes the import ends what was recorded.
    if (isRecorded && recorded.at > updatedAt) return showRecorded(recorded)
    return findMissingWorker(facts)
  }
  if (revertRequested && status !== 'reverted') return findMissingWorker(facts)
  if (status !== 'processing') return null
  if (isRecorded && (progressedAt === null || recorded.at > progressedAt)) return showRecorded(recorded)
  return ageMs(updatedAt) < WORKER_SILENT_AFTER_MS
    ? null
    : { code: 'WORKER_SILENT', message: explainDelay('WORKER_SILENT'), since: updatedAt }
}

/** A worker that makes an import's file, or reverts the import, updates its row every few seconds: without an update there is no worker. */
function findMissingWorker({ readAt, updatedAt }: DelayFacts): ImportDelay | null {
  return readAt.getTime() - updatedAt.getTime() < NO_WORKER_AFTER_MS
    ? null
    : { code: 'NO_WORKER', message: explainDelay('NO_WORKER'), since: updatedAt }
}

function showRecorded({ code, message, since }: ImportDelay): ImportDelay {
  return { code, message, since }
}
