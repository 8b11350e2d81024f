import type { ImportFailure } from '@importer/contracts'
import { findImportById, type Database, type ImportRecord } from '@importer/db'
import { FileMissingError, FileTooLargeError, type StoredFile } from '@importer/file-store'

import type { PreparationOptions } from './prepare-import.ts'
import { writeRetryFile } from './write-retry-file.ts'

/** Stores the rejected rows of the import that a retry tries again. Throws a FileMissingError, or what {@link describeRetryFailure} knows. */
export async function makeRetryFile(
  { database, store, signal }: PreparationOptions,
  retry: ImportRecord,
): Promise<StoredFile> {
  const source = await requireSource(database, retry)
  const file = await writeRetryFile({ database, store, importRecord: source, signal }, retry.retryOptions)
  // What is kept no longer is marked before it is deleted: if that is not so yet, the file has every rejected row.
  if (await isKept(database, source.id)) return file
  await store.remove(file.key)
  throw new FileMissingError(source.fileKey)
}

async function requireSource(database: Database, { retryOf, fileKey }: ImportRecord): Promise<ImportRecord> {
  const source = retryOf === null ? null : await findImportById(database, retryOf)
  if (source === null || source.expired) throw new FileMissingError(source?.fileKey ?? fileKey)
  return source
}

async function isKept(database: Database, importId: number): Promise<boolean> {
  const record = await findImportById(database, importId)
  return record !== null && !record.expired
}

/** Why the file of a retry cannot be made of a file that is there; null: another attempt may make it. */
export function describeRetryFailure(error: unknown): ImportFailure | null {
  if (error instanceof FileTooLargeError) {
    const message = `The corrected rows are larger than ${error.maxBytes} bytes; correct fewer rows at a time.`
    return { code: 'NOT_CSV', message }
  }
  return null
}
