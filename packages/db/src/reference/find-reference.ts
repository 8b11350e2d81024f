import type { ReferenceKind } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { REFERENCE_TABLES } from './reference-tables.ts'

export async function countReference(database: Database, orgId: number, kind: ReferenceKind): Promise<number> {
  const [row] = await database.prisma.$queryRawUnsafe<{ count: bigint }[]>(
    `SELECT count(*) FROM ${REFERENCE_TABLES[kind].table} WHERE org_id = $1::int`,
    orgId,
  )
  return Number(row?.count ?? 0)
}

/** One item as the columns of its CSV, dates as ISO 8601; null when the organization has none of this id. */
export async function findReference(
  database: Database,
  orgId: number,
  kind: ReferenceKind,
  id: bigint,
): Promise<Record<string, unknown> | null> {
  const { prisma } = database
  const key = { where: { orgId_id: { orgId, id } } }
  switch (kind) {
    case 'series': {
      const series = await prisma.series.findUnique(key)
      if (series === null) return null
      const { name, maxRedemptionsPerCoupon, validFrom, validTill } = series
      return { id: Number(id), name, maxRedemptionsPerCoupon, validFrom, validTill }
    }
    case 'coupons': {
      const coupon = await prisma.coupon.findUnique(key)
      if (coupon === null) return null
      const { seriesId, code, customerId, revoked, expiresAt } = coupon
      return {
        id: Number(id),
        seriesId: Number(seriesId),
        code,
        customerId: customerId === null ? null : Number(customerId),
        status: revoked ? 'REVOKED' : 'ACTIVE',
        expiresAt,
      }
    }
    case 'customers': {
      const customer = await prisma.customer.findUnique(key)
      if (customer === null) return null
      return { id: Number(id), mobile: customer.mobile, email: customer.email, externalId: customer.externalId }
    }
    case 'tills': {
      const till = await prisma.till.findUnique(key)
      return till === null ? null : { id: Number(id), name: till.name }
    }
  }
}
