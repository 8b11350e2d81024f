import { findUnknownFileKeys, openDatabase } from '@importer/db'
import { cleanFiles, openStorage, purgeExpired } from '@importer/imports'
import { createLog } from '@importer/runtime'

import { queryOnce } from '../support/query-once.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import type { DisturbedCluster } from './disturbed-cluster.ts'

/** By then every upload that died is dead for the janitor too, in S3 as in a folder. */
const LATER_MS = 25 * 3_600_000
const HOUR_MS = 3_600_000
const DELETED_FILES = `
  SELECT id, key FROM import, unnest(ARRAY[file_key, upload_file_key]) AS key
  WHERE expired_at IS NOT NULL AND key = ANY ($1::text[])`

export interface FilesLeft {
  /** Of imports. */
  readonly kept: number
  /** What uploads left whose process was killed, and the janitor has removed. */
  readonly removed: number
}

/**
 * Lets the janitor do its work a day ahead of time, in a system that has nothing to do. Throws where the storage then holds anything but
 * whole files of imports that nobody has deleted.
 */
export async function checkFiles({ databaseUrl, ownerUrl, storageEnv: env }: DisturbedCluster): Promise<FilesLeft> {
  // The client of S3 takes its credentials from there.
  for (const [name, value] of Object.entries(env)) if (name.startsWith('AWS_')) process.env[name] = value
  const database = openDatabase({
    url: databaseUrl,
    applicationName: 'faults-janitor',
    maxConnections: 2,
    onConnectionLost: () => undefined,
  })
  const { STORAGE_URL: storageUrl, S3_ENDPOINT: s3Endpoint } = env
  const { store } = await openStorage(database, { storageUrl, dataDir: '', s3Endpoint })
  try {
    const log = createLog({ name: 'faults-janitor', level: 'silent' })
    const now = Date.now() + LATER_MS
    const later = { ...store, readClock: async () => now }
    const { unfinishedFiles, orphanedFiles } = await cleanFiles({ database, store: later, log, now }, 0)
    await purgeExpired({ database, store, log, retentionDays: undefined })
    const names: string[] = []
    for (let hours = 0; hours < 3; hours += 1) {
      const period = new Date(Date.now() - hours * HOUR_MS).toISOString().slice(0, 13).replace('T', '/')
      for await (const { kind, name } of store.listPeriod(period)) {
        if (kind === 'unfinished') throw new BrokenPromiseError(`the janitor has left ${name}, which nobody writes`)
        names.push(name)
      }
    }
    const unknown = await findUnknownFileKeys(database, names)
    if (unknown.length > 0)
      throw new BrokenPromiseError(`the janitor has left files that belong to no import: ${unknown.join()}`)
    const deleted = await queryOnce<{ id: number; key: string }>(ownerUrl, DELETED_FILES, [names])
    if (deleted.length > 0)
      throw new BrokenPromiseError(`files of deleted imports are left: ${JSON.stringify(deleted)}`)
    return { kept: names.length, removed: unfinishedFiles + orphanedFiles }
  } finally {
    await store.close()
    await database.close()
  }
}
