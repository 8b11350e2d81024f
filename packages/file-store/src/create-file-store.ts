import { createDiskStore } from './disk-store.ts'
import type { FileStore } from './file-store.ts'
import { parseStorageUrl } from '@importer/runtime'

export interface FileStoreOptions {
  /** `file:///folder` or `s3://bucket/prefix`, already checked; without it files are kept under `dataDir`. */
  readonly storageUrl: string | undefined
  readonly dataDir: string
  readonly s3Endpoint: string | undefined
}

/** The file store that the configuration asks for. Nothing of the S3 client is loaded unless it is used. */
export async function createFileStore({ storageUrl, dataDir, s3Endpoint }: FileStoreOptions): Promise<FileStore> {
  if (storageUrl === undefined) return createDiskStore({ root: dataDir })
  const location = parseStorageUrl(storageUrl)
  if (!location) throw new Error('the storage URL is neither file:///folder nor s3://bucket/prefix')
  if (location.kind === 'disk') return createDiskStore({ root: location.root })
  const { createS3Store } = await import('./s3-store.ts')
  const { bucket, prefix } = location
  return createS3Store(s3Endpoint === undefined ? { bucket, prefix } : { bucket, prefix, endpoint: s3Endpoint })
}
