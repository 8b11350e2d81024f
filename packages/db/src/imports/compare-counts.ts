import type { Database } from '../open-database.ts'
import { COUNT_OUTCOMES } from '../sql/count-outcomes.ts'

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
