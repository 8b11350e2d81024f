import type { ImporterClient, Upload } from './importer-client.ts'

/** A world for tests that count rows: customers, one till and coupons that may be redeemed once. */
export const SHOP_SERIES = 500
const TILL = 50_001
const FIRST_CUSTOMER = 919_900_000_000
const CUSTOMERS = 20
const REDEEMED_MS = Date.UTC(2024, 4, 1)

export const SHOP_FIELDS = {
  seriesId: SHOP_SERIES,
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  uploadHeaders: '{"redeemedDateInMillis":0,"redeemedAt":1,"mobile":2,"couponCode":3}',
} as const satisfies Omit<Upload, 'file'>

export const SHOP_HEADER = 'date,till,mobile,code\n'

/** Coupons `C1` to `C<coupons>`, each good for `limit` redemptions; empty: for any number of them. */
export async function openShop(client: ImporterClient, coupons: number, limit: number | '' = 1): Promise<void> {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)
  await client.putReference('series', `id,maxRedemptionsPerCoupon\n${SHOP_SERIES},${limit}\n`)
  await client.putReference('tills', `id\n${TILL}\n`)
  const customers = numbers(CUSTOMERS).map((n) => `${n},${FIRST_CUSTOMER + n}\n`)
  await client.putReference('customers', `id,mobile\n${customers.join('')}`)
  const rows = numbers(coupons).map((n) => `${n},${SHOP_SERIES},C${n}\n`)
  await client.putReference('coupons', `id,seriesId,code\n${rows.join('')}`)
}

/** A good row: the n-th coupon, used by one of the customers. */
export function shopRow(coupon: number, customer = (coupon % CUSTOMERS) + 1, delimiter = ','): string {
  return [REDEEMED_MS + coupon, TILL, FIRST_CUSTOMER + customer, `C${coupon}`].join(delimiter)
}

/** The redemption that this row is, as blockCoupon takes it. */
export function shopRedemption(coupon: number, customer = (coupon % CUSTOMERS) + 1): string {
  return [coupon, customer, TILL, REDEEMED_MS + coupon].join('/')
}

/** Rows for the coupons `from` to `to`, with LF after each. */
export function shopRows(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, n) => `${shopRow(from + n)}\n`).join('')
}
