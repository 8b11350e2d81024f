import type { Database } from '../open-database.ts'
import { tryStatement } from '../try-statement.ts'
import { recordImportEvent } from '../webhooks/record-event.ts'
import type { StrandedPage } from './stranded-imports.ts'

/** The lowest and highest row numbers of what is still recorded of an import that is to be reverted; null: nothing. */
export async function findRowsToRevert(
  { prisma }: Database,
  importId: number,
): Promise<{ first: number; last: number } | null> {
  const rows = await prisma.$queryRaw<{ first: number | null; last: number | null }[]>`
    SELECT min(row_number) AS first, max(row_number) AS last FROM redemption
    WHERE import_id = (SELECT id FROM import
                       WHERE id = ${importId}::int AND revert_requested_at IS NOT NULL AND status <> 'reverted')`
  const { first, last } = rows[0] ?? { first: null, last: null }
  return first === null || last === null ? null : { first, last }
}

const REVERT_ROWS = `
WITH requested AS (
  UPDATE import SET updated_at = clock_timestamp()
  WHERE id = $1::int AND revert_requested_at IS NOT NULL AND status <> 'reverted'
  RETURNING id
),
deleted AS (
  DELETE FROM redemption r USING requested
  WHERE r.import_id = requested.id AND r.row_number BETWEEN $2::int AND $3::int
)
SELECT id FROM requested`

/**
 * Deletes the redemptions of one stretch of row numbers, both ends included, and says that the revert is alive. Can be
 * run again, and by two at once: it deletes what is there.
 */
export async function revertRows(
  database: Database,
  importId: number,
  rows: { readonly first: number; readonly last: number },
): Promise<void> {
  await tryStatement(database, 'revert-rows', REVERT_ROWS, [importId, rows.first, rows.last])
}

/** Nothing of the import is recorded any more. False: it was reverted before, or no revert was requested. */
export async function completeRevert(database: Database, importId: number): Promise<boolean> {
  return database.transaction(async (tx) => {
    const now = new Date()
    const changed = await tx.$executeRaw`
      UPDATE import SET status = 'reverted', updated_at = ${now}::timestamptz
      WHERE id = ${importId}::int AND revert_requested_at IS NOT NULL AND status <> 'reverted'
        AND (SELECT row_number FROM redemption WHERE import_id = ${importId}::int ORDER BY row_number LIMIT 1) IS NULL`
    if (changed === 0) return false
    await recordImportEvent(tx, importId, now)
    return true
  })
}

/** Reverts that are not finished and without progress, by id, up to `limit`: by import_reverting_id_idx. */
export async function findStrandedReverts(
  { prisma }: Database,
  { quietMs, afterId, limit }: StrandedPage,
): Promise<number[]> {
  const rows = await prisma.$queryRaw<{ id: number }[]>`
    SELECT id FROM import
    WHERE revert_requested_at IS NOT NULL AND status <> 'reverted' AND id > ${afterId}::int
      AND updated_at < clock_timestamp() - ${quietMs}::float8 * interval '1 millisecond'
    ORDER BY id LIMIT ${limit}::int`
  return rows.map(({ id }) => id)
}
