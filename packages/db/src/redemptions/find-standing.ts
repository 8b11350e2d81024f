import type { CustomerKey } from '@importer/contracts'

import { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'
import { IN_IDENTITY_KEY, NOT_IN_IDENTITY_KEY } from '../sql/redemption-columns.ts'

export interface StandingRedemption {
  readonly importId: number
  readonly fileName: string
  readonly rowNumber: number
  readonly couponId: bigint
  readonly customerId: bigint
  readonly tillId: bigint
  readonly redeemedAt: Date
}

export interface FoundCoupon {
  readonly id: bigint
  readonly code: string
  readonly seriesId: bigint
  readonly customerId: bigint | null
  readonly expiresAt: Date | null
}

const COUPON = { id: true, code: true, seriesId: true, customerId: true, expiresAt: true } as const

/** The coupon that a row names: of the series first, else of another series of the organization. */
export async function findNamedCoupon(
  { prisma }: Database,
  orgId: number,
  seriesId: bigint,
  name: { readonly id: bigint } | { readonly codeKey: string },
): Promise<FoundCoupon | null> {
  if ('id' in name) return prisma.coupon.findFirst({ where: { orgId, id: name.id }, select: COUPON })
  const { codeKey } = name
  return (
    (await prisma.coupon.findFirst({ where: { orgId, seriesId, codeKey }, select: COUPON })) ??
    (await prisma.coupon.findFirst({ where: { orgId, codeKey }, orderBy: { seriesId: 'asc' }, select: COUPON }))
  )
}

/** The id of the customer that a row names, in the form in which identifiers compare. */
export async function findNamedCustomer(
  { prisma }: Database,
  orgId: number,
  key: CustomerKey,
  value: string,
): Promise<bigint | null> {
  const where = key === 'userId' ? { orgId, id: BigInt(value) } : { orgId, [key]: value }
  return (await prisma.customer.findFirst({ where, select: { id: true } }))?.id ?? null
}

const IN_KEY = Prisma.raw(IN_IDENTITY_KEY)
const NOT_IN_KEY = Prisma.raw(NOT_IN_IDENTITY_KEY)

const SELECT = Prisma.sql`
  SELECT r.import_id AS "importId", i.file_name AS "fileName", r.row_number AS "rowNumber", r.coupon_id AS "couponId",
         r.customer_id AS "customerId", r.till_id AS "tillId", r.redeemed_at AS "redeemedAt"
  FROM redemption r JOIN import i ON i.id = r.import_id`

/** The redemption that a row of an import became. By primary key. */
export async function findRedemptionOfRow(
  { prisma }: Database,
  importId: number,
  rowNumber: number,
): Promise<StandingRedemption[]> {
  return prisma.$queryRaw`${SELECT} WHERE r.import_id = ${importId}::int AND r.row_number = ${rowNumber}::int`
}

/** The redemption that is recorded of the same coupon, customer, till and instant: one entry of the unique index that has it. */
export async function findEqualRedemption(
  { prisma }: Database,
  orgId: number,
  { couponId, customerId, tillId, redeemedAt }: Omit<StandingRedemption, 'importId' | 'fileName' | 'rowNumber'>,
): Promise<StandingRedemption[]> {
  const isEqual = Prisma.sql`
    r.coupon_id = ${couponId}::bigint AND r.org_id = ${orgId}::int AND r.redeemed_at = ${redeemedAt}::timestamptz
      AND r.customer_id = ${customerId}::bigint AND r.till_id = ${tillId}::bigint`
  return prisma.$queryRaw`${SELECT} WHERE ${isEqual} AND ${IN_KEY}
    UNION ALL ${SELECT} WHERE ${isEqual} AND ${NOT_IN_KEY}`
}

/** Up to `limit` redemptions of a coupon, the earliest redeemed first. Reads no more of them than that, and one. */
export async function findRedemptionsOfCoupon(
  { prisma }: Database,
  orgId: number,
  couponId: bigint,
  limit: number,
): Promise<StandingRedemption[]> {
  const ofCoupon = Prisma.sql`r.coupon_id = ${couponId}::bigint AND r.org_id = ${orgId}::int`
  return prisma.$queryRaw`
    SELECT * FROM (
      (${SELECT} WHERE ${ofCoupon} AND ${IN_KEY} ORDER BY r.redeemed_at, r.customer_id, r.till_id LIMIT ${limit}::int)
      UNION ALL (${SELECT} WHERE ${ofCoupon} AND ${NOT_IN_KEY})
    ) r
    ORDER BY "redeemedAt", "importId", "rowNumber" LIMIT ${limit}::int`
}
