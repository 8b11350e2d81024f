import { normalizeCouponCode, OPERATIONS } from '@importer/contracts'
import {
  findCouponId,
  findImport,
  findReference,
  listRedemptionsOfCoupon,
  listRedemptionsOfImport,
  type Database,
} from '@importer/db'

import type { IntakeDependencies } from '../dependencies.ts'
import { notFound } from '../http/api-error.ts'
import { findOwnedSeries, importNotFound } from './find-owned.ts'
import { defineOperation } from './mount-operation.ts'
import { sendJson } from './send-json.ts'

/** `GET /v1/redemptions`: was this coupon used, when, where, by whom, from which file and row. */
export function createRedemptionsOperation({ database }: IntakeDependencies) {
  return defineOperation(OPERATIONS.listRedemptions, async ({ request, response, principal: { orgId }, query }) => {
    const { importId, rowNumber, cursor, limit } = query
    const page = { before: cursor, limit: limit + 1 }
    if (importId !== undefined) {
      if ((await findImport(database, orgId, importId)) === null) throw importNotFound()
      const found = await listRedemptionsOfImport(database, orgId, importId, { ...page, rowNumber })
      return sendJson(
        request,
        response,
        200,
        toPage(found, limit, (redemption) => redemption.rowNumber),
      )
    }
    const couponId = await findCoupon(database, orgId, query)
    const found = await listRedemptionsOfCoupon(database, orgId, couponId, page)
    await sendJson(
      request,
      response,
      200,
      toPage(found, limit, (redemption) => redemption.ordinal),
    )
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

function couponNotFound(field: string) {
  return notFound('COUPON_NOT_FOUND', field, 'there is no such coupon; expected one of this organization')
}

function toPage<Item>(found: readonly Item[], limit: number, cursorOf: (item: Item) => number): object {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: found.length > items.length && last !== undefined ? String(cursorOf(last)) : null }
}
