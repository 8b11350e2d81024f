import { failRetry, findImportById, importJobId, recordRetryFile, type Database, type ImportRecord } from '@importer/db'
import { FileDamagedError, FileMissingError, FileTooLargeError, type FileStore, type Logger } from '@importer/runtime'

import { writeRetryFile } from './write-retry-file.ts'

export interface PrepareRetryOptions {
  readonly database: Database
  readonly store: FileStore
  readonly log: Logger
  readonly importId: number
  /** Aborted when the process is to end: another one begins anew. */
  readonly signal: AbortSignal
}

/**
 * Makes the file of a retry out of the rejected rows of the import that it tries again, and gives the job to queue that
 * runs it; null when there is nothing to do: it has its file, was cancelled, or has failed here, because what it would be
 * made of is gone. Can be run again at any time, by any process; throws only what another attempt may mend.
 */
export async function prepareRetry(options: PrepareRetryOptions): Promise<{ readonly jobId: string } | null> {
  const { database, store, log, importId, signal } = options
  const retry = await findImportById(database, importId)
  if (retry === null || !retry.toPrepare || retry.status !== 'queued') return null
  try {
    const source = await requireSource(database, retry)
    const file = await writeRetryFile({ database, store, importRecord: source, signal }, retry.retryOptions)
    // What is kept no longer is marked before it is deleted: if that is not so yet, the file has every rejected row.
    const recorded =
      (await isKept(database, source.id)) && (await recordRetryFile(database, importId, { ...file, fileKey: file.key }))
    if (recorded) return { jobId: retry.jobId ?? importJobId(importId, retry.lease) }
    await store.remove(file.key)
    if (!(await isKept(database, source.id))) throw new FileMissingError(source.fileKey)
    return null
  } catch (error) {
    const failure = describeFailure(error)
    if (failure === null) throw error
    log.warn({ importId, code: failure.code, err: error }, 'the file of a retry could not be made')
    await failRetry(database, importId, failure)
    return null
  }
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

function describeFailure(
  error: unknown,
): { code: 'FILE_MISSING' | 'FILE_DAMAGED' | 'NOT_CSV'; message: string } | null {
  if (error instanceof FileMissingError) {
    const message = 'The file of the import whose rejected rows were to be tried again is gone; upload the rows anew.'
    return { code: 'FILE_MISSING', message }
  }
  if (error instanceof FileDamagedError) {
    const message = `The stored file of that import is not what was uploaded: ${error.what}; upload the rows anew.`
    return { code: 'FILE_DAMAGED', message }
  }
  if (error instanceof FileTooLargeError) {
    const message = `The corrected rows are larger than ${error.maxBytes} bytes; correct fewer rows at a time.`
    return { code: 'NOT_CSV', message }
  }
  return null
}
