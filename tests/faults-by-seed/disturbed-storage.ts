import { pathToFileURL } from 'node:url'

import { startS3Storage, type S3Storage } from '../support/s3-storage.ts'
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

const STORAGES = ['s3', 'folder'] as const
export type StorageKind = (typeof STORAGES)[number]

/** A few MB, of which a run of any length fills little before it is filled on purpose. */
const DISK_BYTES = 64 * 1024 * 1024

/** Where the processes of a disturbed cluster keep their files: what is not there has no such faults. */
export interface DisturbedStorage {
  readonly env: Readonly<Record<string, string>>
  readonly s3: S3Storage | null
  /** Null too where nothing may be mounted: the folder is then one of the machine's disk. */
  readonly disk: SmallDisk | null
  stop(): Promise<void>
}

export async function startDisturbedStorage(kind: StorageKind): Promise<DisturbedStorage> {
  if (kind === 's3') {
    const s3 = await startS3Storage()
    return { env: s3.disturbedEnv, s3, disk: null, stop: s3.stop }
  }
  const disk = await mountSmallDisk(DISK_BYTES)
  const folder = disk?.folder ?? (await makeTemporaryFolder())
  return { env: { STORAGE_URL: pathToFileURL(folder).href }, s3: null, disk, stop: async () => undefined }
}

/** Each seed has both, one with the queue on Redis and one with the queue on PostgreSQL. */
export function chooseStorage(seed: number, queue: 'redis' | 'postgres'): StorageKind {
  return STORAGES[(seed + (queue === 'redis' ? 0 : 1)) % STORAGES.length] ?? 's3'
}
