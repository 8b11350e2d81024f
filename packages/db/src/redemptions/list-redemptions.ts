import { COLUMNS, OPTIONAL_KEYS, type OptionalKey } from '@importer/contracts'

import type { Database } from '../open-database.ts'

/** Optional columns under their keys, null where the file had none. */
export interface RecordedRedemption extends Readonly<Record<OptionalKey, string | null>> {
  readonly couponId: bigint
  readonly couponCode: string
  readonly seriesId: bigint
  readonly customerId: bigint
  readonly tillId: bigint
  readonly redeemedAt: Date
  /** Which of the coupon's redemptions it is, from 1; null: its series had no limit. */
  readonly ordinal: number | null
  readonly importId: number
  readonly fileName: string
  readonly rowNumber: number
}

/** Where a page of a coupon's redemptions ended. */
export type CouponCursor =
  | { readonly ordinal: number }
  | { readonly redeemedMs: number; readonly customerId: bigint; readonly tillId: bigint }

const SELECT = `
SELECT r.coupon_id AS "couponId", c.code AS "couponCode", c.series_id AS "seriesId", r.customer_id AS "customerId",
       r.till_id AS "tillId", r.redeemed_at AS "redeemedAt", r.ordinal, r.import_id AS "importId",
       i.file_name AS "fileName", r.row_number AS "rowNumber",
       ${OPTIONAL_KEYS.map((key) => `r.${COLUMNS[key].sqlColumn} AS "${key}"`).join(', ')}
FROM redemption r
JOIN coupon c ON c.org_id = r.org_id AND c.id = r.coupon_id
JOIN import i ON i.id = r.import_id`

/** Those of a series without a limit. Served by redemption_identity_key, read backwards. */
const UNNUMBERED = `${SELECT}
WHERE r.coupon_id = $1::bigint AND r.org_id = $2::int AND r.ordinal IS NULL
  AND ($3::timestamptz IS NULL OR (r.redeemed_at, r.customer_id, r.till_id) < ($3::timestamptz, $4::bigint, $5::bigint))
ORDER BY r.redeemed_at DESC, r.customer_id DESC, r.till_id DESC LIMIT $6::int`

/** Those of one with a limit. Served by redemption_ordinal_key, read backwards: the order in which they were recorded. */
const NUMBERED = `${SELECT}
WHERE r.coupon_id = $1::bigint AND r.org_id = $2::int AND r.ordinal IS NOT NULL AND ($3::int IS NULL OR r.ordinal < $3::int)
ORDER BY r.ordinal DESC LIMIT $4::int`

/** Served by the primary key, read backwards. */
const OF_IMPORT = `${SELECT}
WHERE r.import_id = $1::int AND r.org_id = $2::int AND ($3::int IS NULL OR r.row_number < $3::int)
  AND ($5::int IS NULL OR r.row_number = $5::int)
ORDER BY r.row_number DESC LIMIT $4::int`

/**
 * Newest first: by the time of the redemption where the coupon's series has no limit, else by ordinal. Where it had one and
 * has none any more, or the other way round, those without an ordinal come first. No index of their own is needed, so that
 * imports pay nothing for these look-ups.
 */
export async function listRedemptionsOfCoupon(
  { prisma }: Database,
  orgId: number,
  couponId: bigint,
  { after, limit }: { readonly after: CouponCursor | undefined; readonly limit: number },
): Promise<RecordedRedemption[]> {
  const found: RecordedRedemption[] = []
  if (after === undefined || 'redeemedMs' in after) {
    const { redeemedMs, customerId, tillId } = after ?? { redeemedMs: null, customerId: null, tillId: null }
    const before = redeemedMs === null ? null : new Date(redeemedMs)
    const values = [couponId, orgId, before, customerId, tillId, limit]
    found.push(...(await prisma.$queryRawUnsafe<RecordedRedemption[]>(UNNUMBERED, ...values)))
  }
  if (found.length < limit) {
    const before = after !== undefined && 'ordinal' in after ? after.ordinal : null
    const values = [couponId, orgId, before, limit - found.length]
    found.push(...(await prisma.$queryRawUnsafe<RecordedRedemption[]>(NUMBERED, ...values)))
  }
  return found
}

/** Newest first: `before`: below this row number. */
export async function listRedemptionsOfImport(
  database: Database,
  orgId: number,
  importId: number,
  page: { readonly before?: number | undefined; readonly rowNumber?: number | undefined; readonly limit: number },
): Promise<RecordedRedemption[]> {
  const values = [importId, orgId, page.before ?? null, page.limit, page.rowNumber ?? null]
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
