import type { Database } from '../open-database.ts'

export interface ListedSeries {
  readonly id: bigint
  readonly name: string | null
  readonly maxRedemptionsPerCoupon: number | null
  readonly validFrom: Date | null
  readonly validTill: Date | null
}

export interface SeriesFilter {
  /** Part of the name without case, or the beginning of the id. */
  readonly q?: string | undefined
  /** Ids behind this one: where the page before ended. */
  readonly afterId?: number | undefined
  readonly limit: number
}

/** An organization's series by id. Reads the primary key from `afterId` on, until a page is full. */
export async function listSeries(
  { prisma }: Database,
  orgId: number,
  { q, afterId, limit }: SeriesFilter,
): Promise<ListedSeries[]> {
  return prisma.$queryRaw<ListedSeries[]>`
    SELECT id, name, max_redemptions_per_coupon AS "maxRedemptionsPerCoupon", valid_from AS "validFrom",
           valid_till AS "validTill"
    FROM series
    WHERE org_id = ${orgId}::int AND (${afterId ?? null}::bigint IS NULL OR id > ${afterId ?? null}::bigint)
      AND (${q ?? null}::text IS NULL OR strpos(lower(name), lower(${q ?? null}::text)) > 0
           OR starts_with(id::text, ${q ?? null}::text))
    ORDER BY id LIMIT ${limit}::int`
}
