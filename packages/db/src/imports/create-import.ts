import type { Actor, ColumnMapping, UsedProfile } from '@importer/contracts'

import { nameActor } from '../audit/record-audit-event.ts'
import { sqlStateOf } from '../database-errors.ts'
import type { Database } from '../open-database.ts'
import type { ImportRecord, JsonObject, ReadingDialect, StoredUpload } from './import-record.ts'
import { QueueFullError, queueLock } from './queue-limit.ts'
import { findImport } from './read-imports.ts'
import { readStoredBytes, storageLock, STORED_BYTES, StorageQuotaError } from './storage-quota.ts'

export interface NewImport {
  readonly orgId: number
  readonly seriesId: bigint
  readonly fileKey: string
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
  /** Of the file's blocks, by which it is checked whenever it is read; undefined: it is read as it is. */
  readonly checksums?: Uint8Array | undefined
  readonly mapping: ColumnMapping
  readonly details: string | null
  readonly metadata: JsonObject | null
  /** Where the file was unpacked or transcoded: the upload as it came. */
  readonly upload?: (StoredUpload & { readonly checksums: Uint8Array }) | undefined
  readonly encoding?: string | undefined
  /** How the file is to be read, where that is known before its first bytes are looked at; only both together count. */
  readonly dialect?: ReadingDialect | undefined
  /** Its text is yet to be made of the upload, by a job: `fileKey` is a name for the time until then. */
  readonly toPrepare?: boolean | undefined
  readonly dryRun?: boolean | undefined
  /** The profile that it was uploaded with. */
  readonly profile?: UsedProfile | undefined
  readonly maxErrors?: number | undefined
  readonly maxErrorRatio?: number | undefined
  readonly idempotency?: { readonly key: string; readonly requestHash: string } | undefined
  /** Notified of the import's end, besides the organization's webhook endpoints. */
  readonly callbackUrl?: string | undefined
  /** Where links begin in the answer to this upload, without a slash at the end: those in webhooks begin there too. */
  readonly baseUrl?: string | undefined
  /** Refuses a file that this series was given before, whatever its name. */
  readonly rejectSameFile?: boolean | undefined
  /** Who uploaded it, for its timeline; undefined: the system. */
  readonly actor?: Actor | undefined
  /** How many imports of the organization may wait at once, this one included; undefined: any number. */
  readonly maxQueued?: number | undefined
  /** How many bytes the files of the organization may have together, these included; undefined: any number. */
  readonly maxStoredBytes?: number | undefined
  /** Under which its trace goes on (W3C); null: it is not traced. */
  readonly traceparent?: string | null | undefined
}

/** The series was given this file before, by the import `importId`. */
export class SameFileError extends Error {
  override readonly name = 'SameFileError'
  readonly importId: number

  constructor(importId: number) {
    super(`the same file was uploaded before, as import ${importId}`)
    this.importId = importId
  }
}

/** Somebody else has just created the import of the same Idempotency-Key, nothing else. */
export class ImportExistsError extends Error {
  override readonly name = 'ImportExistsError'
}

/**
 * The database did not say what became of the import: it may be there, and then it needs its file. Every other error of
 * {@link createImport} proves that it is not.
 */
export class ImportUncertainError extends Error {
  override readonly name = 'ImportUncertainError'
}

/**
 * SQLSTATEs that do not prove that a statement was rolled back: the connection broke (08), the outcome is unknown
 * (40003), or the server ended the connection, which it may do behind a commit too (57P0x).
 */
const UNCERTAIN_STATE = /^(?:08|40003|57P0)/

/** Only an import that has, or may yet have, the file's rows in the database stands in the way of another one. */
const SAME_FILE = `
  SELECT e.id FROM import e
  WHERE e.org_id = $1::int AND e.sha256 = $5::text AND e.series_id = $2::bigint AND NOT e.dry_run
    AND e.status IN ('queued', 'processing', 'completed')`

const CREATE = `
WITH acting AS MATERIALIZED (SELECT set_config('importer.actor', $29::text, true) AS actor)
INSERT INTO import (org_id, series_id, file_key, file_name, sha256, bytes, mapping, details, metadata, upload_file_key,
                    upload_bytes, upload_sha256, encoding, delimiter, has_header, dry_run, max_errors, max_error_ratio,
                    idempotency_key, request_hash, callback_url, base_url, file_checksums, upload_file_checksums, start_byte, start_line,
                    profile_name, profile_version, to_prepare, traceparent)
SELECT $1::int, $2::bigint, $3::text, $4::text, $5::text, $6::bigint, $7::jsonb, $8::text, $9::jsonb, $10::text,
       $11::bigint, $12::text, $13::text, $14::text, $15::boolean, $16::boolean, $17::int, $18::float8,
       $19::text, $20::text, $22::text, $23::text, $25::bytea, $26::bytea, $27::bigint, $28::int,
       $30::text, $31::int, $32::boolean, $34::text
FROM acting
WHERE (NOT $21::boolean OR NOT EXISTS (${SAME_FILE}))
  AND ($24::int IS NULL OR $24::int > (SELECT count(*) FROM import q WHERE q.org_id = $1::int AND q.status = 'queued'))
  AND ($33::bigint IS NULL OR $33::bigint >= $6::bigint + coalesce($11::bigint, 0) + (${STORED_BYTES}))
ON CONFLICT (org_id, idempotency_key) DO NOTHING
RETURNING id`

/**
 * Accepts an import: once this returns, no crash loses it. Its file must be durable before. Throws a SameFileError, a
 * QueueFullError, a StorageQuotaError, an ImportExistsError or an ImportUncertainError; its file may be removed after any but the last.
 */
export async function createImport(database: Database, newImport: NewImport): Promise<ImportRecord> {
  const { orgId, upload, dialect, idempotency } = newImport
  const values = [
    orgId,
    newImport.seriesId,
    newImport.fileKey,
    newImport.fileName,
    newImport.sha256,
    newImport.bytes,
    JSON.stringify(newImport.mapping),
    newImport.details,
    newImport.metadata === null ? null : JSON.stringify(newImport.metadata),
    upload?.fileKey ?? null,
    upload?.bytes ?? null,
    upload?.sha256 ?? null,
    newImport.encoding ?? 'utf-8',
    dialect?.delimiter ?? null,
    dialect?.hasHeader ?? null,
    newImport.dryRun ?? false,
    newImport.maxErrors ?? null,
    newImport.maxErrorRatio ?? null,
    idempotency?.key ?? null,
    idempotency?.requestHash ?? null,
    newImport.rejectSameFile ?? false,
    newImport.callbackUrl ?? null,
    newImport.baseUrl ?? null,
    newImport.maxQueued ?? null,
    newImport.checksums ?? null,
    upload?.checksums ?? null,
    dialect?.start.byteOffset ?? 0,
    dialect?.start.line ?? 1,
    newImport.actor === undefined ? '' : nameActor(newImport.actor),
    newImport.profile?.name ?? null,
    newImport.profile?.version ?? null,
    newImport.toPrepare ?? false,
    newImport.maxStoredBytes ?? null,
    newImport.traceparent ?? null,
  ]
  const locks = locksOf(newImport)
  const inserted =
    locks.length > 0
      ? insertAlone(database, locks, values)
      : database.prisma.$queryRawUnsafe<{ id: number }[]>(CREATE, ...values)
  const [row] = await inserted.catch((error: unknown) => {
    const state = sqlStateOf(error)
    if (state !== undefined && !UNCERTAIN_STATE.test(state)) throw error
    throw new ImportUncertainError('it is not known whether the import was created', { cause: error })
  })
  if (row === undefined) throw await explainRefusal(database, newImport)
  const created = await findImport(database, orgId, row.id).catch((error: unknown) => {
    throw new ImportUncertainError('the import was created and could not be read', { cause: error })
  })
  if (created === null) throw new ImportUncertainError(`import ${row.id} is gone right after it was created`)
  return created
}

/** What must not change between a look and the insertion that it decides, always in this order. */
function locksOf({ orgId, sha256, rejectSameFile, maxQueued, maxStoredBytes }: NewImport): string[] {
  return [
    ...(maxQueued === undefined ? [] : [queueLock(orgId)]),
    ...(maxStoredBytes === undefined ? [] : [storageLock(orgId)]),
    ...(rejectSameFile === true ? [`${orgId}/${sha256}`] : []),
  ]
}

/** Of two that want the same lock at the same time the second one waits, and then sees what the first has made. */
async function insertAlone(
  database: Database,
  locks: readonly string[],
  values: readonly unknown[],
): Promise<{ id: number }[]> {
  return database.transaction(async (tx) => {
    await tx.$executeRaw`
      SELECT pg_advisory_xact_lock(hashtextextended(l.name, 0)) FROM unnest(${[...locks]}::text[]) AS l (name)`
    return tx.$queryRawUnsafe<{ id: number }[]>(CREATE, ...values)
  })
}

async function explainRefusal(database: Database, newImport: NewImport): Promise<Error> {
  const { orgId, bytes, upload, idempotency, rejectSameFile, maxQueued, maxStoredBytes } = newImport
  if (idempotency !== undefined && (await hasKey(database, orgId, idempotency.key))) {
    return new ImportExistsError('the import exists already')
  }
  const sameFile = rejectSameFile === true ? await findSameFile(database, newImport) : null
  if (sameFile !== null) return new SameFileError(sameFile)
  const storedBytes = maxStoredBytes === undefined ? 0 : await readStoredBytes(database, orgId)
  const fitsQuota = maxStoredBytes === undefined || storedBytes + bytes + (upload?.bytes ?? 0) <= maxStoredBytes
  // What was in the way may have gone in this very moment: the answer is still that it was there.
  if (maxQueued !== undefined && fitsQuota) return new QueueFullError(maxQueued)
  return maxStoredBytes === undefined ? new SameFileError(0) : new StorageQuotaError(storedBytes, maxStoredBytes)
}

async function hasKey({ prisma }: Database, orgId: number, idempotencyKey: string): Promise<boolean> {
  return (await prisma.import.findFirst({ where: { orgId, idempotencyKey }, select: { id: true } })) !== null
}

async function findSameFile(database: Database, { orgId, seriesId, sha256 }: NewImport): Promise<number | null> {
  const row = await database.prisma.import.findFirst({
    where: { orgId, seriesId, sha256, dryRun: false, status: { in: ['queued', 'processing', 'completed'] } },
    select: { id: true },
    orderBy: { id: 'asc' },
  })
  return row?.id ?? null
}
