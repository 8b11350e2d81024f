import type { Database } from '../open-database.ts'

export interface RecordedRedemption {
  readonly couponId: bigint
  readonly couponCode: string
  readonly seriesId: bigint
  readonly customerId: bigint
  readonly tillId: bigint
  readonly redeemedAt: Date
  /** Which of the coupon's redemptions it is, from 1. */
  readonly ordinal: number
  readonly importId: number
  readonly fileName: string
  readonly rowNumber: number
  readonly billId: string | null
  readonly billNumber: string | null
  readonly details: string | null
}

export interface RedemptionPage {
  /** Where the page before ended: ordinals, or row numbers of an import, below this. */
  readonly before?: number | undefined
  readonly limit: number
}

const SELECT = `
SELECT r.coupon_id AS "couponId", c.code AS "couponCode", c.series_id AS "seriesId", r.customer_id AS "customerId",
       r.till_id AS "tillId", r.redeemed_at AS "redeemedAt", r.ordinal, r.import_id AS "importId",
       i.file_name AS "fileName", r.row_number AS "rowNumber", r.bill_id AS "billId", r.bill_number AS "billNumber",
       r.details
FROM redemption r
JOIN coupon c ON c.org_id = r.org_id AND c.id = r.coupon_id
JOIN import i ON i.id = r.import_id`

/** Served by redemption_coupon_id_org_id_ordinal_key, read backwards: the order in which they were recorded. */
const OF_COUPON = `${SELECT}
WHERE r.coupon_id = $1::bigint AND r.org_id = $2::int AND ($3::int IS NULL OR r.ordinal < $3::int)
ORDER BY r.ordinal DESC LIMIT $4::int`

/** Served by the primary key, read backwards. */
const OF_IMPORT = `${SELECT}
WHERE r.import_id = $1::int AND r.org_id = $2::int AND ($3::int IS NULL OR r.row_number < $3::int)
  AND ($5::int IS NULL OR r.row_number = $5::int)
ORDER BY r.row_number DESC LIMIT $4::int`

/** Newest first. No index of their own is needed, so that imports pay nothing for these look-ups. */
export async function listRedemptionsOfCoupon(
  database: Database,
  orgId: number,
  couponId: bigint,
  { before, limit }: RedemptionPage,
): Promise<RecordedRedemption[]> {
  return database.prisma.$queryRawUnsafe<RecordedRedemption[]>(OF_COUPON, couponId, orgId, before ?? null, limit)
}

export async function listRedemptionsOfImport(
  database: Database,
  orgId: number,
  importId: number,
  { before, limit, rowNumber }: RedemptionPage & { readonly rowNumber?: number | undefined },
): Promise<RecordedRedemption[]> {
  const values = [importId, orgId, before ?? null, limit, rowNumber ?? null]
  return database.prisma.$queryRawUnsafe<RecordedRedemption[]>(OF_IMPORT, ...values)
}

/** The id of a coupon of that code (in the form in which codes compare) in that series. */
export async function findCouponId(
  database: Database,
  orgId: number,
  seriesId: bigint,
  codeKey: string,
): Promise<bigint | null> {
  const coupon = await database.prisma.coupon.findFirst({ where: { orgId, seriesId, codeKey }, select: { id: true } })
  return coupon?.id ?? null
}
