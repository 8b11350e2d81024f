import { Readable } from 'node:stream'

import { recordPreparationProgress, type Database } from '@importer/db'
import type { FileStore } from '@importer/file-store'
import type { Logger } from '@importer/runtime'

interface RecordingOptions {
  readonly database: Database
  readonly store: FileStore
  readonly log: Pick<Logger, 'debug'>
  readonly importId: number
  /** At most so often. */
  readonly everyMs?: number
}

/** Well below the 30 s after which an import counts as one that no worker works on. */
const RECORD_EVERY_MS = 5_000

/**
 * The store, whose reads are recorded as progress of the import's preparation. Not a timer: of a storage that is silent nothing is
 * recorded, and the import shows that it waits for it.
 */
export function recordReads({
  database,
  store,
  log,
  importId,
  everyMs = RECORD_EVERY_MS,
}: RecordingOptions): FileStore {
  let recordedAt = performance.now()

  async function* follow(bytes: Readable): AsyncGenerator<Uint8Array> {
    for await (const block of bytes) {
      if (performance.now() - recordedAt >= everyMs) {
        recordedAt = performance.now()
        // A database that is away is met by the preparation itself, at its end.
        await recordPreparationProgress(database, importId).catch((error: unknown) =>
          log.debug({ err: error, importId }, 'the progress of a preparation could not be recorded'),
        )
      }
      yield block as Uint8Array
    }
  }

  return {
    ...store,
    read: (key, range) => Readable.from(follow(store.read(key, range)), { objectMode: false }),
  }
}
