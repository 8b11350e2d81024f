import type { Database } from '../open-database.ts'

/** An import whose counts are not those of its rows. */
export interface CountMismatch {
  readonly importId: number
  readonly outcome: 'inserted' | 'duplicates' | 'rejected'
  /** what its checkpoints say */
  readonly counted: number
  /** what is recorded row by row */
  readonly recorded: number
}

export interface CountComparison {
  /** How many imports were looked at. */
  readonly imports: number
  readonly mismatches: readonly CountMismatch[]
}

/**
 * Counts of the latest ended imports, by their checkpoints and by their rows. $1: of how many imports; $2: with how many
 * rows at most.
 *
 * Plan: the newest imports by primary key, then for each the rows of its own, by the primary keys (import, row) of the three
 * tables. Locks: none.
 */
const COUNT_OUTCOMES = `
  WITH ended AS (
    SELECT i.id, l.inserted, l.duplicates, l.rejected
    FROM import i
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(duplicates), 0)::bigint AS duplicates,
             coalesce(sum(rejected), 0)::bigint AS rejected
      FROM import_lane WHERE import_id = i.id
    ) l
    WHERE i.status IN ('completed', 'failed', 'cancelled') AND NOT i.dry_run
      AND i.revert_requested_at IS NULL AND i.expired_at IS NULL
      AND l.inserted + l.duplicates + l.rejected <= $2::int
    ORDER BY i.id DESC LIMIT $1::int
  )
  SELECT id AS "importId", inserted, duplicates, rejected,
         (SELECT count(*) FROM redemption WHERE import_id = ended.id) AS "recordedInserted",
         (SELECT count(*) FROM duplicate_row WHERE import_id = ended.id) AS "recordedDuplicates",
         (SELECT count(*) FROM rejected_row WHERE import_id = ended.id) AS "recordedRejected"
  FROM ended ORDER BY id DESC`

interface OutcomeRow {
  readonly importId: number
  readonly inserted: bigint
  readonly duplicates: bigint
  readonly rejected: bigint
  readonly recordedInserted: bigint
  readonly recordedDuplicates: bigint
  readonly recordedRejected: bigint
}

/**
 * Holds the counts of the latest ended imports against their rows. Left out are those whose rows are gone by now (reverted,
 * deleted, dry runs) and, so that it takes seconds, those of more than `maxRows` rows.
 */
export async function compareCounts(
  { prisma }: Pick<Database, 'prisma'>,
  { latest, maxRows }: { readonly latest: number; readonly maxRows: number },
): Promise<CountComparison> {
  const rows = await prisma.$queryRawUnsafe<OutcomeRow[]>(COUNT_OUTCOMES, latest, maxRows)
  const mismatches = rows.flatMap((row) =>
    (
      [
        ['inserted', row.inserted, row.recordedInserted],
        ['duplicates', row.duplicates, row.recordedDuplicates],
        ['rejected', row.rejected, row.recordedRejected],
      ] as const
    )
      .filter(([, counted, recorded]) => counted !== recorded)
      .map(([outcome, counted, recorded]) => ({
        importId: row.importId,
        outcome,
        counted: Number(counted),
        recorded: Number(recorded),
      })),
  )
  return { imports: rows.length, mismatches }
}
