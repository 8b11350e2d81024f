import { findFileChecksums, type Database } from '@importer/db'
import { createFileStore, protectStore, type FileStore, type FileStoreOptions } from '@importer/file-store'

import { createStorageIdentity, type StorageIdentity } from './storage-identity.ts'

export interface Storage {
  /** To be used by everybody: see {@link protectStore}. */
  readonly store: FileStore
  readonly identity: StorageIdentity
}

/** The storage that the configuration names, held to the database. Nothing is asked of either before it is needed. */
export async function openStorage(database: Database, options: FileStoreOptions): Promise<Storage> {
  const unprotected = await createFileStore(options)
  const identity = createStorageIdentity({ database, store: unprotected })
  const store = protectStore(unprotected, {
    verifyIdentity: (maxAgeMs) => identity.verify(maxAgeMs),
    findChecksums: (key) => findFileChecksums(database, key),
  })
  return { store, identity }
}
