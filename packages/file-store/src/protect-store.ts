import { Readable } from 'node:stream'

import type { FileChecksums } from './block-checksums.ts'
import { checkFileKey } from './file-key.ts'
import { FileMissingError, type FileStore, type StoredFile } from './file-store.ts'
import { readVerified } from './read-verified.ts'
import { StorageUnavailableError } from './storage-errors.ts'

/** What the database knows about the store and its files. */
export interface StoreProtection {
  /**
   * Throws a StorageUnavailableError, unless the store proved at most `maxAgeMs` ago to be the one that belongs to the
   * database.
   */
  verifyIdentity(maxAgeMs: number): Promise<void>
  /** Of a file that is part of an import; null: none were taken when it was stored, or no import has it. */
  findChecksums(key: string): Promise<FileChecksums | null>
}

/** A storage that was right a moment ago is right, before something is done that is checked again or can be repeated. */
const RECENT_MS = 5_000
/** Checksums of the files read last, up to 80 kB each. */
const REMEMBERED_FILES = 16

/**
 * The store as the services use it: nothing is written to, deleted from or found missing in a storage that is not this
 * installation's, and everything that is read is compared with the checksums of the upload.
 *
 * `write`, `remove`, and the listing of what can be removed fail with a StorageUnavailableError in the wrong storage, and
 * so does a read of a file that is not there. `read` fails with a FileDamagedError too.
 */
export function protectStore(store: FileStore, protection: StoreProtection): FileStore {
  const remembered = new Map<string, FileChecksums>()

  async function write(stream: Readable, limits: { readonly maxBytes: number }): Promise<StoredFile> {
    await protection.verifyIdentity(RECENT_MS)
    const stored = await store.write(stream, limits)
    try {
      // A folder can be unmounted meanwhile; then the file was written beside the storage, and must not be accepted.
      await protection.verifyIdentity(store.identityHoldsMs)
      await expectStored(stored)
    } catch (error) {
      await Promise.allSettled([store.remove(stored.key)])
      throw error
    }
    remember(stored.key, stored)
    return stored
  }

  /** A folder that was away when the file was written can be back by now, and hold nothing of it. */
  async function expectStored({ key, bytes }: StoredFile): Promise<void> {
    if (store.identityHoldsMs > 0) return
    const held = await store.size(key).catch((error: unknown) => {
      if (error instanceof FileMissingError) return null
      throw error
    })
    if (held === bytes) return
    const found = held === null ? 'no such file' : `${held} bytes`
    throw new StorageUnavailableError(
      store.location,
      new Error(
        `of a file of ${bytes} bytes that was just stored there is ${found}: the folder was exchanged meanwhile`,
      ),
    )
  }

  function read(key: string, range = {}): Readable {
    // Nothing is read ahead of whoever reads: behind this there may be a request for megabytes.
    return Readable.from(readChecked(checkFileKey(key), range), { objectMode: false, highWaterMark: 0 })
  }

  async function* readChecked(key: string, range: { start?: number; end?: number }): AsyncGenerator<Buffer> {
    try {
      const expected = await recall(key)
      if (expected === null) yield* store.read(key, range) as AsyncIterable<Buffer>
      else yield* readVerified({ key, expected, range, read: (wanted) => store.read(key, wanted) })
    } catch (error) {
      throw await explain(error)
    }
  }

  async function recall(key: string): Promise<FileChecksums | null> {
    const known = remembered.get(key)
    if (known !== undefined) return known
    const found = await protection.findChecksums(key)
    if (found !== null) remember(key, found)
    return found
  }

  /** The content of a key never changes. */
  function remember(key: string, { bytes, checksums }: FileChecksums): void {
    remembered.set(key, { bytes, checksums })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED_FILES) break
      remembered.delete(oldest)
    }
  }

  /** A file is missing only if the storage is the right one at this moment. */
  async function explain(error: unknown): Promise<unknown> {
    if (!(error instanceof FileMissingError)) return error
    try {
      await protection.verifyIdentity(0)
      return error
    } catch (unverified) {
      return unverified
    }
  }

  return {
    ...store,
    write,
    read,
    async size(key) {
      try {
        return await store.size(key)
      } catch (error) {
        throw await explain(error)
      }
    },
    async remove(key) {
      await protection.verifyIdentity(RECENT_MS)
      await store.remove(key)
    },
    async *listPeriod(period) {
      await protection.verifyIdentity(RECENT_MS)
      yield* store.listPeriod(period)
    },
    async readClock() {
      // First, since a folder's clock is read by writing.
      await protection.verifyIdentity(RECENT_MS)
      return store.readClock()
    },
    async removeUnfinished(name) {
      await protection.verifyIdentity(RECENT_MS)
      await store.removeUnfinished(name)
    },
    async removeDeadProbes(beforeMs) {
      await protection.verifyIdentity(RECENT_MS)
      await store.removeDeadProbes(beforeMs)
    },
    async ping() {
      // First, since a ping writes.
      await protection.verifyIdentity(0)
      await store.ping()
    },
  }
}
