import type { Database } from '../open-database.ts'

export async function seriesExists(database: Database, orgId: number, seriesId: bigint): Promise<boolean> {
  const rows = await database.prisma.$queryRaw<object[]>`
    SELECT FROM series WHERE org_id = ${orgId}::int AND id = ${seriesId}::bigint`
  return rows.length > 0
}

/** What of a series decides how its rows are evaluated. */
export type SeriesKind = 'single-use' | 'limited' | 'unlimited'

/**
 * `single-use`: its coupons are redeemed once, and always were. `limited`: any other limit. `unlimited`: no limit. Null:
 * there is no such series.
 */
export async function readSeriesKind(database: Database, orgId: number, seriesId: bigint): Promise<SeriesKind | null> {
  const [series] = await database.prisma.$queryRaw<{ singleUse: boolean; maxRedemptionsPerCoupon: number | null }[]>`
    SELECT single_use AS "singleUse", max_redemptions_per_coupon AS "maxRedemptionsPerCoupon"
    FROM series WHERE org_id = ${orgId}::int AND id = ${seriesId}::bigint`
  if (series === undefined) return null
  if (series.maxRedemptionsPerCoupon === null) return 'unlimited'
  return series.singleUse && series.maxRedemptionsPerCoupon === 1 ? 'single-use' : 'limited'
}
