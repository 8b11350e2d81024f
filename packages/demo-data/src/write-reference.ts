import type { ReferenceKind } from '@importer/contracts'

import { codeOf, mobileOf, type DemoWorld } from './demo-world.ts'
import { createRowOfCoupon, planRow } from './plan-row.ts'

const CHUNK_LINES = 1_000
/** Every so many-th good coupon is issued to the customer who redeems it. */
const ISSUED_EVERY = 5

/** The CSV of one kind of reference data, header included, in chunks. */
export function* writeReference(world: DemoWorld, kind: ReferenceKind): Generator<string> {
  let chunk = ''
  let lines = 0
  for (const line of WRITERS[kind](world)) {
    chunk += `${line}\n`
    lines += 1
    if (lines % CHUNK_LINES === 0) {
      yield chunk
      chunk = ''
    }
  }
  yield chunk
}

const WRITERS: Record<ReferenceKind, (world: DemoWorld) => Generator<string>> = {
  *series({ seriesId, otherSeriesId, fromMs, tillMs, spec }) {
    const validity = `${day(fromMs)},${day(tillMs)}`
    yield 'id,name,maxRedemptionsPerCoupon,validFrom,validTill'
    yield `${seriesId},Demo ${spec.run},1,${validity}`
    yield `${otherSeriesId},Another of demo ${spec.run},1,${validity}`
  },

  *customers({ customers }) {
    yield 'id,mobile,email,externalId'
    for (let i = 0; i < customers; i += 1) yield `${i + 1},${mobileOf(i)},customer${i + 1}@example.com,EXT-${i + 1}`
  },

  *tills({ tills }) {
    yield 'id,name'
    for (let i = 0; i < tills; i += 1) yield `${i + 1},Till ${i + 1}`
  },

  *coupons(world) {
    const rowOfCoupon = createRowOfCoupon(world)
    yield 'id,seriesId,code,customerId,status,expiresAt'
    for (let coupon = 0; coupon < world.spec.rows; coupon += 1) {
      const { kind, customer } = planRow(world, rowOfCoupon(coupon))
      // This row's coupon was never made, so the file names one that nobody knows.
      if (kind === 'unknownCoupon') continue
      const seriesId = kind === 'otherSeries' ? world.otherSeriesId : world.seriesId
      const status = kind === 'revoked' ? 'REVOKED' : 'ACTIVE'
      const expiresAt = kind === 'expired' ? day(world.fromMs - 86_400_000) : ''
      const issuedTo =
        kind === 'issuedToOther' ? ((customer + 1) % world.customers) + 1 : ownerOf(kind, coupon, customer)
      yield `${world.firstCouponId + coupon},${seriesId},${codeOf(world, coupon)},${issuedTo},${status},${expiresAt}`
    }
  },
}

function ownerOf(kind: string, coupon: number, customer: number): number | '' {
  return kind === 'good' && coupon % ISSUED_EVERY === 0 ? customer + 1 : ''
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
