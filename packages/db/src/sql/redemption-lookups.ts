import type { Parameter } from './commit-batch.ts'
import { IN_IDENTITY_KEY } from './redemption-columns.ts'

/**
 * Look-ups of redemptions, as scalar subqueries that ask about a row `s`. Each asks for a unique key in full, so it reads
 * one entry, and states the predicate of the one index that it can go by (the migration every_kind_of_series): the
 * planner has no other to choose. Without LIMIT, with which reading the whole table would look cheap to it where
 * statistics say that every row matches.
 *
 * A dry run has its own rows beside the redemptions. They are asked for `import_id + 0`, which no index but theirs knows.
 */
export interface RedemptionLookups {
  /** Whether a redemption equal to the row is recorded. Not for series whose limit has been 1 ever since. */
  readonly isRecorded: string
  /** Null where the coupon has no first redemption, else whether it equals the row. */
  readonly equalsFirst: string
  /** The dry run's rows of the row's coupon; empty for a real import. */
  readonly ofCoupon: string
  readonly ofCouponInDryRun: string
}

export function lookUpRedemptions(p: Parameter, dryRun: boolean): RedemptionLookups {
  const ofCoupon = `r.coupon_id = s.coupon_id AND r.org_id = ${p('orgId', 'int')}`
  const ofCouponInDryRun = `${ofCoupon} AND (r.import_id + 0) = ${p('importId', 'int')}`
  const isSame = 'r.redeemed_at = s.redeemed_at AND r.customer_id = s.customer_id AND r.till_id = s.till_id'
  const first = `(SELECT ${isSame} FROM redemption r WHERE ${ofCoupon} AND r.ordinal = 1)`
  const firstInDryRun = `(SELECT ${isSame} FROM dry_redemption r WHERE ${ofCouponInDryRun} AND r.ordinal = 1)`
  const recorded = [
    `(SELECT true FROM redemption r WHERE ${ofCoupon} AND ${isSame} AND ${IN_IDENTITY_KEY})`,
    `(CASE WHEN (SELECT was_single_use FROM series_rules) THEN ${first} END)`,
    ...(dryRun ? [`(SELECT true FROM dry_redemption r WHERE ${ofCouponInDryRun} AND ${isSame} AND r.repeatable)`] : []),
  ]
  return {
    isRecorded: recorded.map((lookup) => `${lookup} IS TRUE`).join('\n      OR '),
    equalsFirst: dryRun ? `coalesce(${first}, ${firstInDryRun})` : first,
    ofCoupon,
    ofCouponInDryRun,
  }
}
