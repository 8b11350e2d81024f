import type { Database } from '../open-database.ts'

export async function seriesExists(database: Database, orgId: number, seriesId: bigint): Promise<boolean> {
  const count = await database.prisma.series.count({ where: { orgId, id: seriesId } })
  return count > 0
}

/** Whether the series' coupons are redeemed once and always were; null when there is no such series. */
export async function isSingleUseSeries(database: Database, orgId: number, seriesId: bigint): Promise<boolean | null> {
  const series = await database.prisma.series.findUnique({
    where: { orgId_id: { orgId, id: seriesId } },
    select: { singleUse: true, maxRedemptionsPerCoupon: true },
  })
  return series === null ? null : series.singleUse && series.maxRedemptionsPerCoupon === 1
}
