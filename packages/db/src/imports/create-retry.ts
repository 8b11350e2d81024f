import { createHash, randomUUID } from 'node:crypto'

import type { Actor, RetryOptions } from '@importer/contracts'

import { setActor } from '../audit/record-audit-event.ts'
import type { Database, Transaction } from '../open-database.ts'
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

/** Everything is as it was but the file; its key is a name for the time until there is one. */
async function insertRetry(
  tx: Transaction,
  { orgId, sourceId, options, baseUrl, traceparent = null }: NewRetry,
  hash: string,
): Promise<number | undefined> {
  const [row] = await tx.$queryRaw<{ id: number }[]>`
    INSERT INTO import (org_id, series_id, file_key, file_name, sha256, bytes, mapping, details, metadata, encoding,
                        delimiter, has_header, dry_run, base_url, retry_of, to_prepare, retry_options, retry_hash,
                        profile_name, profile_version, traceparent)
    SELECT org_id, series_id, ${`unprepared/${randomUUID()}`}, format('retry_of_%s_%s', id, file_name), '', 0, mapping - 'skipLines',
           details, metadata, 'utf-8', delimiter, has_header, ${options.dryRun}::boolean, ${baseUrl}, id, true,
           ${JSON.stringify(options)}::jsonb, ${hash},
           profile_name, profile_version, ${traceparent}
    FROM import
    WHERE id = ${sourceId}::int AND org_id = ${orgId}::int AND status IN ('completed', 'failed', 'cancelled')
      AND revert_requested_at IS NULL AND expired_at IS NULL AND delimiter IS NOT NULL AND has_header IS NOT NULL
    RETURNING id`
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
