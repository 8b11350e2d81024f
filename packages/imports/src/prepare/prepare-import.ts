import { dueImportJobId, type ImportFailure } from '@importer/contracts'
import {
  failPreparation,
  findImportById,
  recordPreparedFile,
  type Database,
  type ImportRecord,
  type SystemDatabase,
} from '@importer/db'
import type { FileStore, StoredFile } from '@importer/file-store'
import { NO_TRACING, runInSpan, type Logger, type Tracing } from '@importer/runtime'

import { describeLostFile } from '../run/describe-lost-file.ts'
import type { ImportObserver } from '../run/import-life.ts'
import { describeRetryFailure, makeRetryFile } from './prepare-retry.ts'
import { recordReads } from './record-reads.ts'
import { describeWorkbookFailure, makeWorkbookText } from '../workbook/prepare-workbook.ts'

export interface PreparationOptions {
  readonly database: Database
  readonly store: FileStore
  readonly log: Logger
  readonly importId: number
  /** Aborted when the process is to end: another one begins anew. */
  readonly signal: AbortSignal
  readonly observer?: Pick<ImportObserver, 'ended'>
  /** Follows the import, where that is wanted. */
  readonly tracing?: Tracing
}

type SystemOptions = PreparationOptions & { readonly database: SystemDatabase }

/** The job to queue that runs the import. */
interface PreparedJob {
  readonly jobId: string
}

/**
 * Makes the file that an import is to read: of a retry out of the rejected rows of the import that it tries again, of a
 * workbook its text. Gives the job to queue that runs the import; null when there is nothing to do: it has its file, was
 * cancelled, or has failed here, because the file cannot be made. Can be run again at any time, by any process; throws
 * only what another attempt may mend.
 */
export async function prepareImport(options: SystemOptions): Promise<PreparedJob | null> {
  const { database, importId, observer } = options
  const next = await prepareQueued(options)
  // Cancelled before it had its file: no job of its own will ever find that out.
  if (next === null && observer !== undefined) {
    const left = await findImportById(database, importId)
    if (left?.toPrepare === true && left.status === 'cancelled') observer.ended('cancelled')
  }
  return next
}

async function prepareQueued(options: SystemOptions): Promise<PreparedJob | null> {
  const { database, importId, tracing = NO_TRACING } = options
  const record = await findImportById(database, importId)
  if (record === null || !record.toPrepare || record.status !== 'queued') return null
  const span = tracing.startSpan('prepare', {
    kind: 'consumer',
    parent: record.traceparent,
    attributes: { 'redemptions.import.id': importId, 'redemptions.org.id': record.orgId },
  })
  // What a retry reads is of the import that it tries again.
  const own = database.forOrganization(record.orgId, record.retryOf ?? importId)
  return runInSpan(span, async () => prepareKnown({ ...options, database: own }, record))
}

async function prepareKnown(options: PreparationOptions, record: ImportRecord): Promise<PreparedJob | null> {
  const { database, store, log, importId, observer } = options
  const { make, describeFailure } = record.retryOf === null ? WORKBOOK : RETRY
  try {
    const file = await make({ ...options, store: recordReads({ database, store, log, importId }) }, record)
    if (await recordPreparedFile(database, importId, { ...file, fileKey: file.key })) {
      return { jobId: dueImportJobId(importId, record) }
    }
    await store.remove(file.key)
    return null
  } catch (error) {
    const failure = describeLostFile(error) ?? describeFailure(error)
    if (failure === null) throw error
    if (await failPreparation(database, importId, failure)) {
      log.warn(
        { importId, orgId: record.orgId, code: failure.code, err: error },
        'import failed: no file could be made',
      )
      observer?.ended('failed')
    }
    return null
  }
}

interface Preparation {
  /** Stores the file. */
  readonly make: (options: PreparationOptions, record: ImportRecord) => Promise<PreparedText>
  /** What the import fails with although the file that it is made of is there; null: another attempt may succeed. */
  readonly describeFailure: (error: unknown) => ImportFailure | null
}

/** Without a hash of its own it goes by that of its upload. */
type PreparedText = Omit<StoredFile, 'sha256'> & { readonly sha256?: string }

const RETRY: Preparation = { make: makeRetryFile, describeFailure: describeRetryFailure }
const WORKBOOK: Preparation = { make: makeWorkbookText, describeFailure: describeWorkbookFailure }
