/**
 * Which lane a coupon's rows go to: all rows that could compete for a coupon go to one lane, on every run.
 * FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over the UTF-16 units of the coupon's normalized identifier.
 */
function laneOfCoupon(coupon: string, laneCount: number): number {
  if (laneCount === 1) return 0
  let hash = 0x811c9dc5
  for (let i = 0; i < coupon.length; i += 1) hash = Math.imul(hash ^ coupon.charCodeAt(i), 0x01000193)
  return ((hash >>> 16) ^ (hash & 0xffff)) % laneCount
}

/**
 * Which lane a row goes to. A rejected row (`coupon` is null) competes for nothing: any lane will do, if it is the same
 * on every run.
 */
export function laneOfRow(coupon: string | null, rowNumber: number, laneCount: number): number {
  return coupon === null ? rowNumber % laneCount : laneOfCoupon(coupon, laneCount)
}
