import { createHash, randomUUID } from 'node:crypto'

import type { Actor, RetryOptions } from '@importer/contracts'

import { setActor } from '../audit/record-audit-event.ts'
import type { Import } from '../generated/client.ts'
import type { Database, Transaction } from '../open-database.ts'
import { nameColumn } from './import-record.ts'
import { countQueuedImports, QueueFullError, queueLock } from './queue-limit.ts'
import { readStoredBytes, storageLock, StorageQuotaError } from './storage-quota.ts'

export interface NewRetry {
  readonly orgId: number
  /** The import whose rejected rows are tried again. */
  readonly sourceId: number
  readonly options: RetryOptions
  readonly baseUrl: string
  readonly actor: Actor
  readonly maxQueued: number | undefined
  readonly maxStoredBytes: number | undefined
  /** Under which its trace goes on (W3C); null: it is not traced. */
  readonly traceparent?: string | null
}

/**
 * `created`: a new import, queued, whose file is yet to be made. `made-before`: the import that the same options made.
 * `busy`: the one that other options made is not over. `misfit`: the import has no rejected rows that can be tried again.
 */
export type RetryResult =
  | { readonly outcome: 'created' | 'made-before' | 'busy'; readonly importId: number }
  | { readonly outcome: 'misfit' }

/**
 * Claims a retry, however many rows it has: only the import is made here. Of several requests at once the first makes it,
 * under a lock of the import that is tried again; the others find it. Throws a QueueFullError,
 * and a StorageQuotaError where the organization's files have reached their limit: how large this one will be is not known yet.
 */
export async function createRetry(database: Database, retry: NewRetry): Promise<RetryResult> {
  const { orgId, sourceId, options, actor, maxQueued, maxStoredBytes } = retry
  const hash = hashOptions(options)
  return database.transaction(async (tx) => {
    const locks = [
      ...(maxQueued === undefined ? [] : [queueLock(orgId)]),
      ...(maxStoredBytes === undefined ? [] : [storageLock(orgId)]),
      `retry/${sourceId}`,
    ]
    await tx.$executeRaw`
      SELECT pg_advisory_xact_lock(hashtextextended(l.name, 0)) FROM unnest(${locks}::text[]) AS l (name)`
    const known = await tx.import.findMany({
      where: { orgId, retryOf: sourceId },
      select: { id: true, status: true, retryHash: true, revertRequestedAt: true },
      orderBy: { id: 'desc' },
    })
    const same = known.find(({ retryHash }) => retryHash === hash)
    if (same !== undefined) return { outcome: 'made-before', importId: same.id }
    const unfinished = known.find(({ status }) => status === 'queued' || status === 'processing')
    if (unfinished !== undefined) return { outcome: 'busy', importId: unfinished.id }
    if (maxStoredBytes !== undefined) {
      const storedBytes = await readStoredBytes({ prisma: tx }, orgId)
      if (storedBytes >= maxStoredBytes) throw new StorageQuotaError(storedBytes, maxStoredBytes)
    }
    await setActor(tx, actor)
    const importId = await insertRetry(tx, retry, hash)
    if (importId === undefined) return { outcome: 'misfit' }
    // Counted with the new one, and thrown: then nothing has happened.
    if (maxQueued !== undefined && (await countQueuedImports({ prisma: tx }, orgId)) > maxQueued) {
      throw new QueueFullError(maxQueued)
    }
    return { outcome: 'created', importId }
  })
}

/** Whether these options have made a retry of that import already. */
export async function hasRetry(
  { prisma }: Database,
  { orgId, sourceId, options }: Pick<NewRetry, 'orgId' | 'sourceId' | 'options'>,
): Promise<boolean> {
  const where = { orgId, retryOf: sourceId, retryHash: hashOptions(options) }
  return (await prisma.import.findFirst({ where, select: { id: true } })) !== null
}

function hashOptions(options: RetryOptions): string {
  return createHash('sha256').update(JSON.stringify(options)).digest('hex')
}

/** As the import that is tried again has it. */
const COPIED = 'copied'
/** As every new import has it: of a run, of an upload's file, or of one upload's own limits and callback. */
const NEW = 'new'

/**
 * What a retry has in each column: {@link COPIED}, {@link NEW}, or an expression over that import. Every column is named: a new one
 * does not compile before it is decided here. Parameters: 1 source, 2 organization, 3 the key that is a name for the time until there
 * is a file, 4 whether it is a dry run, 5 where links begin, 6 options, 7 their hash, 8 trace.
 */
const COLUMNS = {
  id: NEW,
  orgId: COPIED,
  seriesId: COPIED,
  status: NEW,
  fencingToken: NEW,
  jobId: NEW,
  fileKey: '$3::text',
  fileChecksums: NEW,
  fileName: `format('retry_of_%s_%s', id, file_name)`,
  bytes: '0',
  sha256: `''`,
  mapping: `mapping - 'skipLines'`,
  delimiter: COPIED,
  hasHeader: COPIED,
  startByte: NEW,
  startLine: NEW,
  details: COPIED,
  metadata: COPIED,
  dryRun: '$4::boolean',
  dryRowsRemovedAt: NEW,
  profileName: COPIED,
  profileVersion: COPIED,
  partitionCount: NEW,
  partitionBy: NEW,
  totalRows: NEW,
  delayCode: NEW,
  delayMessage: NEW,
  delaySince: NEW,
  delayAt: NEW,
  errorStreak: NEW,
  uploadFileKey: NEW,
  uploadBytes: NEW,
  uploadSha256: NEW,
  uploadFileChecksums: NEW,
  encoding: `'utf-8'`,
  maxErrors: NEW,
  maxErrorRatio: NEW,
  idempotencyKey: NEW,
  requestHash: NEW,
  retryOf: 'id',
  toPrepare: 'true',
  retryOptions: '$6::jsonb',
  retryHash: '$7::text',
  resumedAt: NEW,
  revertRequestedAt: NEW,
  callbackUrl: NEW,
  baseUrl: '$5::text',
  traceparent: '$8::text',
  failureCode: NEW,
  failureMessage: NEW,
  attempts: NEW,
  cleanStop: NEW,
  workedMs: NEW,
  sliceStartedAt: NEW,
  createdAt: NEW,
  startedAt: NEW,
  finishedAt: NEW,
  updatedAt: NEW,
  expiredAt: NEW,
  purgedAt: NEW,
} as const satisfies Readonly<Record<keyof Import, string>>

const INSERT_RETRY = writeInsertion(COLUMNS)

function writeInsertion(columns: Readonly<Record<keyof Import, string>>): string {
  const given = (Object.keys(columns) as (keyof Import)[]).filter((column) => columns[column] !== NEW)
  const values = given.map((column) => (columns[column] === COPIED ? nameColumn(column) : columns[column]))
  return `
INSERT INTO import (${given.map(nameColumn).join(', ')})
SELECT ${values.join(', ')}
FROM import
WHERE id = $1::int AND org_id = $2::int AND status IN ('completed', 'failed', 'cancelled')
  AND revert_requested_at IS NULL AND expired_at IS NULL AND delimiter IS NOT NULL AND has_header IS NOT NULL
RETURNING id`
}

async function insertRetry(
  tx: Transaction,
  { orgId, sourceId, options, baseUrl, traceparent = null }: NewRetry,
  hash: string,
): Promise<number | undefined> {
  const [row] = await tx.$queryRawUnsafe<{ id: number }[]>(
    INSERT_RETRY,
    sourceId,
    orgId,
    `unprepared/${randomUUID()}`,
    options.dryRun,
    baseUrl,
    JSON.stringify(options),
    hash,
    traceparent,
  )
  return row?.id
}

/** Which of these rows of an import were not rejected. */
export async function findNotRejected(
  { prisma }: Database,
  importId: number,
  rowNumbers: readonly number[],
): Promise<number[]> {
  const rows = await prisma.$queryRaw<{ row_number: number }[]>`
    SELECT r.row_number FROM unnest(${[...rowNumbers]}::int[]) AS r (row_number)
    WHERE NOT EXISTS (
      SELECT FROM rejected_row j WHERE j.import_id = ${importId}::int AND j.row_number = r.row_number
    )
    ORDER BY r.row_number`
  return rows.map((row) => row.row_number)
}
