import { explainDelay, UnavailableError, type RecordedDelayCode } from '@importer/contracts'
import { recordDelay, recordStorageDelays, type Database, type DelayToRecord, type HeldImport } from '@importer/db'
import type { Logger } from '@importer/runtime'

/** Shorter waits are not recorded: a batch on a busy database takes a second or two. */
const RECORD_AFTER_MS = 5_000

export interface DelayWatch {
  /** From here on the worker waits for the storage, or for the database. */
  waitFor(code: RecordedDelayCode): void
  stop(): void
}

interface WatchOptions {
  readonly database: Database
  readonly held: HeldImport
  readonly log: Pick<Logger, 'debug'>
}

/** Records in the import what its worker has waited for without an end for 5 s, again every 5 s. */
export function watchDelay(options: WatchOptions): DelayWatch {
  let waiting: RecordedDelayCode | null = null
  const timer = setInterval(() => {
    if (waiting !== null) tryToRecord(options, { code: waiting, message: explainDelay(waiting) }).catch(() => undefined)
  }, RECORD_AFTER_MS)
  return {
    waitFor(code) {
      waiting = code
      timer.refresh()
    },
    stop() {
      clearInterval(timer)
    },
  }
}

/**
 * Records why the import has to be tried again later; nothing where that is not a peer of ours. To stop for the storage is no failure
 * of the worker, and the import's next start is not another attempt. Never rejects.
 */
export async function recordUnavailable(options: WatchOptions, error: unknown): Promise<void> {
  if (!(error instanceof UnavailableError) || error.code === 'QUEUE_UNAVAILABLE') return
  const hasStopped = error.code === 'STORAGE_UNAVAILABLE'
  const code = hasStopped ? 'STORAGE_UNAVAILABLE' : 'DATABASE_BUSY'
  await tryToRecord(options, { code, message: explainDelay(code, error.message), hasStopped })
}

async function tryToRecord({ database, held, log }: WatchOptions, delay: DelayToRecord): Promise<void> {
  try {
    await recordDelay(database, held, delay)
  } catch (error) {
    // Most often it is the database itself that is away; then nobody can read of the delay either.
    log.debug({ err: error, importId: held.importId, code: delay.code }, 'a delay could not be recorded')
  }
}

/**
 * Records in imports that no worker takes, or takes any longer, that the storage is the cause. Does nothing about other errors. Never
 * rejects.
 */
export async function recordStorageUnavailable(
  { database, log }: Omit<WatchOptions, 'held'>,
  error: unknown,
): Promise<void> {
  if (!(error instanceof UnavailableError) || error.code !== 'STORAGE_UNAVAILABLE') return
  try {
    await recordStorageDelays(database, explainDelay('STORAGE_UNAVAILABLE', error.message))
  } catch (failure) {
    log.debug({ err: failure }, 'a delay could not be recorded')
  }
}
