import type { Database } from '../open-database.ts'

export async function seriesExists(database: Database, orgId: number, seriesId: bigint): Promise<boolean> {
  const count = await database.prisma.series.count({ where: { orgId, id: seriesId } })
  return count > 0
}

/** What of a series decides how its rows are evaluated. */
export type SeriesKind = 'single-use' | 'limited' | 'unlimited'

/**
 * `single-use`: its coupons are redeemed once, and always were. `limited`: any other limit. `unlimited`: no limit. Null:
 * there is no such series.
 */
export async function readSeriesKind(database: Database, orgId: number, seriesId: bigint): Promise<SeriesKind | null> {
  const series = await database.prisma.series.findUnique({
    where: { orgId_id: { orgId, id: seriesId } },
    select: { singleUse: true, maxRedemptionsPerCoupon: true },
  })
  if (series === null) return null
  if (series.maxRedemptionsPerCoupon === null) return 'unlimited'
  return series.singleUse && series.maxRedemptionsPerCoupon === 1 ? 'single-use' : 'limited'
}
