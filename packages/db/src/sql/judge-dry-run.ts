import type { Parameter } from './commit-batch.ts'
import { judgeMultiUse } from './judge-multi-use.ts'

const LOOKED_AT = 'coupon_id, org_id, customer_id, till_id, redeemed_at, ordinal'

/**
 * Judges as for any series, but writes what it would insert beside the redemptions, into `dry_redemption`, and takes what
 * this same dry run has written there before for recorded: so the rows of a file compete with each other across batches
 * and lanes as they would for real. No other import sees any of it.
 *
 * Plan: the two sides of the UNION ALL are pulled up into the look-ups, and each is one index look-up.
 */
export function judgeDryRun(p: Parameter): { condition: string; expressions: string } {
  return judgeMultiUse(p, {
    recorded: `(
        SELECT ${LOOKED_AT} FROM redemption
        UNION ALL
        SELECT ${LOOKED_AT} FROM dry_redemption WHERE import_id = ${p('importId', 'int')}
      )`,
    written: 'dry_redemption',
    ordinalKey: 'coupon_id, org_id, ordinal, import_id',
  })
}
