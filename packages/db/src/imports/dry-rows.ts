import type { Database } from '../open-database.ts'

/** A dry run that was cancelled or has failed can be resumed for so long: its rows are kept until then. */
export const DRY_RUN_RESUMABLE_DAYS = 7

/**
 * Up to `limit` dry runs whose rows are no longer needed, the one that ended first at the front: completed ones at once,
 * since reports and counts do not need them, others a day after the last moment at which they could be resumed.
 * By import_dry_rows_idx, which holds no dry run whose rows are gone.
 */
export async function findDryRunsToClear({ prisma }: Database, limit: number): Promise<number[]> {
  const rows = await prisma.$queryRaw<{ id: number }[]>`
    SELECT id FROM import
    WHERE dry_run AND dry_rows_removed_at IS NULL
      AND (status = 'completed' OR status IN ('failed', 'cancelled')
        AND finished_at < clock_timestamp() - ${DRY_RUN_RESUMABLE_DAYS + 1}::float8 * interval '1 day')
    ORDER BY finished_at LIMIT ${limit}::int`
  return rows.map(({ id }) => id)
}

/** Deletes up to `limit` of its rows, by primary key, and gives how many there were. */
export async function deleteDryRows({ prisma }: Database, importId: number, limit: number): Promise<number> {
  return prisma.$executeRaw`
    DELETE FROM dry_redemption WHERE import_id = ${importId}::int AND row_number IN (
      SELECT row_number FROM dry_redemption WHERE import_id = ${importId}::int
      ORDER BY row_number LIMIT ${limit}::int
    )`
}

/** Nothing of the dry run's rows is left. */
export async function recordDryRowsRemoved({ prisma }: Database, importId: number): Promise<void> {
  await prisma.$executeRaw`UPDATE import SET dry_rows_removed_at = clock_timestamp() WHERE id = ${importId}::int`
}
