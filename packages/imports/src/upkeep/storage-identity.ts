import { randomUUID } from 'node:crypto'

import {
  confirmInstallation,
  findFileChecksums,
  findInstallation,
  listRecentFileKeys,
  proposeInstallation,
  type Database,
  type Installation,
} from '@importer/db'
import {
  createFileStore,
  FileMissingError,
  protectStore,
  WrongStorageError,
  type FileStore,
  type FileStoreOptions,
} from '@importer/file-store'

export interface StorageIdentity {
  /**
   * Resolves when the storage proved at most `maxAgeMs` ago that it belongs to this database; asks it otherwise. Throws a
   * WrongStorageError, or what a storage or a database throws that does not answer.
   */
  verify(maxAgeMs: number): Promise<void>
}

/** Of so many imports a storage that was used by an older version must hold a file. */
const RECENT_FILES = 20

/**
 * Holds a storage to the database: both have the same identity, or nothing is read from it, written to it or found
 * missing in it. `store` is the storage itself, without protection.
 */
export function createStorageIdentity(options: {
  readonly database: Database
  readonly store: FileStore
}): StorageIdentity {
  let verifiedAtMs = -Infinity
  let verification: Promise<void> | undefined
  /** What the database said once never changes. */
  let confirmedId: string | undefined

  async function verifyNow(): Promise<void> {
    const startedAtMs = performance.now()
    confirmedId = await requireIdentity(options, confirmedId)
    verifiedAtMs = startedAtMs
  }

  return {
    async verify(maxAgeMs) {
      if (performance.now() - verifiedAtMs < maxAgeMs) return
      // A verification in flight serves every caller who accepts a recent result.
      if (verification === undefined || maxAgeMs === 0) {
        const mine = verifyNow()
        verification = mine
        const forget = (): void => {
          if (verification === mine) verification = undefined
        }
        mine.then(forget, forget)
      }
      await verification
    },
  }
}

interface Pair<Asked = Database> {
  readonly database: Asked
  readonly store: FileStore
}

/** Gives the identity that both have. */
async function requireIdentity(pair: Pair, confirmedId: string | undefined): Promise<string> {
  const { database, store } = pair
  const found = await store.readIdentity()
  if (confirmedId !== undefined && found === confirmedId) return confirmedId
  const known = await findInstallation(database)
  if (known?.isConfirmed === true && found === known.id) return known.id
  if (known === null && found === null) await proposeInstallation(database, randomUUID())
  let established: string | undefined
  await confirmInstallation(database, async (installation, within) => {
    established = await establish({ database: within, store }, installation)
    return true
  })
  if (established === undefined) throw new Error('the identity of the storage was not looked at')
  return established
}

/** The first meeting of a storage and a database, or one that cannot go well. Throws a WrongStorageError. */
async function establish(
  { database, store }: Pair<Pick<Database, 'prisma'>>,
  known: Installation | null,
): Promise<string> {
  const found = await store.readIdentity()
  if (known === null) throw explainForeign(store, found, null)
  if (found === known.id) return known.id
  if (found !== null) throw explainForeign(store, found, known.id)
  if (known.isConfirmed) throw explainMissing(store, known.id)
  await requireFiles(database, store, known.id)
  const held = await store.writeIdentity(known.id)
  if (held !== known.id) throw explainForeign(store, held, known.id)
  return held
}

/**
 * Neither side has an identity: a new installation, where both are empty, or one of an older version, whose storage holds
 * the files of its imports.
 */
async function requireFiles(database: Pick<Database, 'prisma'>, store: FileStore, id: string): Promise<void> {
  const fileKeys = await listRecentFileKeys(database, RECENT_FILES)
  if (fileKeys.length === 0) {
    if (await store.isEmpty()) return
    throw new WrongStorageError(
      `the storage ${store.location} holds files, and this database knows of no import that has a file: they belong to ` +
        'another database. Set DATABASE_URL to that one, or DATA_DIR or STORAGE_URL to an empty storage. If the files ' +
        `are of no use, or this is the right pair, put the line ${id} into ${store.identityLocation}`,
    )
  }
  for (const key of fileKeys) {
    try {
      await store.size(key)
      return
    } catch (error) {
      if (!(error instanceof FileMissingError)) throw error
    }
  }
  throw new WrongStorageError(
    `the storage ${store.location} has no identity and none of the files of the latest ${fileKeys.length} imports. ` +
      'Set DATA_DIR or STORAGE_URL as they were when these were uploaded, the same for every intake and worker. If this ' +
      `is the right storage and the files are lost, put the line ${id} into ${store.identityLocation}`,
  )
}

function explainMissing({ location, identityLocation }: FileStore, id: string): WrongStorageError {
  return new WrongStorageError(
    `the storage ${location} is not the one of this database, whose identity is ${id}: it has none. Set DATA_DIR or ` +
      'STORAGE_URL to the storage that holds the uploads, the same for every intake and worker, and see that its disk ' +
      `is mounted. If the uploads were moved here without it, put the line ${id} into ${identityLocation}`,
  )
}

function explainForeign({ location, identityLocation }: FileStore, found: string | null, id: string | null): Error {
  const database = id === null ? 'has no identity yet: it is a new one' : `has the identity ${id}`
  return new WrongStorageError(
    `the storage ${location} has the identity ${found} and this database ${database}. Set DATA_DIR or STORAGE_URL to ` +
      'the storage of this database, or DATABASE_URL to the database of this storage. If they are to belong together ' +
      `from now on, ${
        id === null
          ? `run INSERT INTO installation (id, storage_confirmed_at) VALUES ('${found}', now()) in the database`
          : `put the line ${id} into ${identityLocation}`
      }`,
  )
}

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
