import { normalizeCouponCode, OPERATIONS } from '@importer/contracts'
import {
  findCouponId,
  findImport,
  findReference,
  listRedemptionsOfCoupon,
  listRedemptionsOfImport,
  type CouponCursor,
  type Database,
  type RecordedRedemption,
} from '@importer/db'

import { notFound } from '../http/api-error.ts'
import { findOwnedSeries, importNotFound } from '../http/find-owned.ts'
import { toPage } from './answer.ts'
import { defineOperation } from './mount-operation.ts'

/** `GET /v1/redemptions`: was this coupon used, when, where, by whom, from which file and row. */
export function createRedemptionsOperation() {
  return defineOperation(OPERATIONS.listRedemptions, async ({ principal: { orgId }, database, query }) => {
    const { importId, rowNumber, cursor, limit } = query
    if (importId !== undefined) {
      if ((await findImport(database, orgId, importId)) === null) throw importNotFound()
      const before = cursor === undefined ? undefined : Number(cursor)
      const found = await listRedemptionsOfImport(database, orgId, importId, { before, rowNumber, limit: limit + 1 })
      return toPage(found, limit, ({ rowNumber: row }) => row)
    }
    const couponId = await findCoupon(database, orgId, query)
    const after = cursor === undefined ? undefined : readCouponCursor(cursor)
    const found = await listRedemptionsOfCoupon(database, orgId, couponId, { after, limit: limit + 1 })
    return toPage(found, limit, writeCouponCursor)
  })
}

async function findCoupon(
  database: Database,
  orgId: number,
  query: { couponId?: number | undefined; couponCode?: string | undefined; seriesId?: number | undefined },
): Promise<bigint> {
  if (query.couponId !== undefined) {
    const couponId = BigInt(query.couponId)
    if ((await findReference(database, orgId, 'coupons', couponId)) === null) throw couponNotFound('couponId')
    return couponId
  }
  const seriesId = await findOwnedSeries(database, orgId, String(query.seriesId))
  const couponId = await findCouponId(database, orgId, seriesId, normalizeCouponCode(query.couponCode ?? ''))
  if (couponId === null) throw couponNotFound('couponCode')
  return couponId
}

/** An ordinal; or, of a redemption without one, its time, customer and till. */
function writeCouponCursor({ ordinal, redeemedAt, customerId, tillId }: RecordedRedemption): string {
  return ordinal === null ? `${redeemedAt.getTime()}-${customerId}-${tillId}` : String(ordinal)
}

function readCouponCursor(cursor: string): CouponCursor {
  const [first, customerId, tillId] = cursor.split('-')
  if (customerId === undefined || tillId === undefined) return { ordinal: Number(first) }
  return { redeemedMs: Number(first), customerId: BigInt(customerId), tillId: BigInt(tillId) }
}

function couponNotFound(field: string) {
  return notFound('COUPON_NOT_FOUND', field, 'there is no such coupon; expected one of this organization')
}
