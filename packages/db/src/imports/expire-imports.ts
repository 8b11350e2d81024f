import { nameActor } from '../audit/record-audit-event.ts'
import { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'
import type { ImportAction } from './change-state.ts'

/** An import whose files and outcomes are kept no longer. */
export interface ExpiredImport {
  readonly importId: number
  readonly fileKeys: readonly string[]
}

/**
 * Marks up to `limit` imports that ended before `before`, the oldest first. From here on they are neither read, resumed
 * nor retried: that is recorded before anything of them is deleted, so a crash in between leaves no import that looks
 * whole. What is being reverted waits for that. By import_purgeable_idx; a row that another round
 * has locked is left to it.
 */
export async function expireImports(
  { prisma }: Database,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<void> {
  await prisma.$executeRaw`
    UPDATE import SET expired_at = clock_timestamp()
    WHERE id IN (
      SELECT id FROM import
      WHERE purged_at IS NULL AND expired_at IS NULL AND status NOT IN ('queued', 'processing')
        AND finished_at < ${before}::timestamptz
        AND (revert_requested_at IS NULL OR status = 'reverted')
        AND NOT EXISTS (SELECT FROM import r WHERE r.retry_of = import.id AND r.to_prepare AND r.status = 'queued')
      ORDER BY finished_at LIMIT ${limit}::int
      FOR UPDATE SKIP LOCKED
    )`
}

/**
 * Marks an import that is over as kept no longer, as retention does: from here on its file and its rows' outcomes are read
 * by nobody, and a worker deletes them. False where it is not over, is being reverted, or a retry's file is being made of it.
 */
export async function forgetImport({ prisma }: Database, { orgId, importId, actor }: ImportAction): Promise<boolean> {
  const changed = await prisma.$executeRaw`
    UPDATE import SET expired_at = coalesce(expired_at, clock_timestamp())
    FROM (SELECT set_config('importer.actor', ${nameActor(actor)}, true)) AS acting
    WHERE id = ${importId}::int AND org_id = ${orgId}::int AND status NOT IN ('queued', 'processing')
      AND (revert_requested_at IS NULL OR status = 'reverted')
      AND NOT EXISTS (SELECT FROM import r WHERE r.retry_of = import.id AND r.to_prepare AND r.status = 'queued')`
  return changed > 0
}

/** Up to `limit` expired imports that are not purged yet and not being reverted, by import_forgotten_idx. */
export async function findForgotten({ prisma }: Database, limit: number): Promise<ExpiredImport[]> {
  const rows = await prisma.$queryRaw<ExpiredRow[]>`
    SELECT id, file_key, upload_file_key, to_prepare FROM import
    WHERE expired_at IS NOT NULL AND purged_at IS NULL AND (revert_requested_at IS NULL OR status = 'reverted')
    ORDER BY expired_at LIMIT ${limit}::int`
  return rows.map(toExpired)
}

interface ExpiredRow {
  readonly id: number
  readonly file_key: string
  readonly upload_file_key: string | null
  readonly to_prepare: boolean
}

function toExpired({ id, file_key, upload_file_key, to_prepare }: ExpiredRow): ExpiredImport {
  // One that ended before its file was made has none: a retry nothing at all, a workbook the upload.
  const fileKeys = [...(upload_file_key === null ? [] : [upload_file_key]), ...(to_prepare ? [] : [file_key])]
  return { importId: id, fileKeys }
}

/** Where the outcomes of an import's rows are. Redemptions are no outcome of an import: they are what it was for. */
const OUTCOME_TABLES = ['rejected_row', 'duplicate_row', 'dry_redemption', 'import_position'] as const

/** Deletes up to `limit` outcomes of an expired import's rows, by primary key, and returns how many. */
export async function deleteRowOutcomes({ prisma }: Database, importId: number, limit: number): Promise<number> {
  let deleted = 0
  for (const name of OUTCOME_TABLES) {
    if (deleted >= limit) break
    const table = Prisma.raw(name)
    deleted += await prisma.$executeRaw`
      DELETE FROM ${table} WHERE import_id = ${importId}::int AND row_number IN (
        SELECT row_number FROM ${table} WHERE import_id = ${importId}::int
        ORDER BY row_number LIMIT ${limit - deleted}::int
      )`
  }
  return deleted
}

/** Everything that an expired import is kept without is deleted; what is left are a few groups of its errors. */
export async function recordPurge({ prisma }: Database, importId: number): Promise<void> {
  await prisma.importErrorGroup.deleteMany({ where: { importId } })
  await prisma.$executeRaw`
    UPDATE import SET purged_at = clock_timestamp()
    WHERE id = ${importId}::int AND expired_at IS NOT NULL AND purged_at IS NULL`
}
