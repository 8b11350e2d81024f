import type { Parameter } from './commit-batch.ts'
import { targetOf } from './redemption-columns.ts'
import { lookUpRedemptions } from './redemption-lookups.ts'

/**
 * For a series without a limit: its redemptions have no ordinals, and a row competes with nothing but its equals. The
 * unique index on the redemption itself decides: what it turns away is a duplicate. Only rows that a rule speaks against
 * are looked up, and all of them where the index does not see everything: redemptions from a time when the limit was 1,
 * and, for a dry run, those that are real.
 *
 * Equal rows break the same rules, so an equal of a row that a rule speaks against was inserted by an earlier import if at
 * all: what this batch inserts need not be asked.
 *
 * Locks: rows are inserted in the order of the index, so that imports that record the same redemptions wait for each other
 * and do not deadlock.
 */
export function evaluateUnlimited(
  p: Parameter,
  { dryRun }: { readonly dryRun: boolean },
): { condition: string; expressions: string } {
  const { isRecorded } = lookUpRedemptions(p, dryRun)
  const needsLookup = dryRun ? 'true' : '(s.rule_error IS NOT NULL OR (SELECT was_single_use FROM series_rules))'
  const target = targetOf(dryRun)
  const conflict = dryRun
    ? '(coupon_id, org_id, redeemed_at, customer_id, till_id, (import_id + 0)) WHERE repeatable'
    : '(coupon_id, org_id, redeemed_at, customer_id, till_id) WHERE ordinal IS NULL OR ordinal > 1 OR repeatable'
  return {
    condition: `
    AND EXISTS (SELECT FROM series_rules WHERE max_redemptions_per_coupon IS NULL)`,
    expressions: `looked_up AS MATERIALIZED (
  SELECT s.*, ${needsLookup} AND (${isRecorded}) AS recorded
  FROM resolved s WHERE s.errors IS NULL
),
inserted AS (
  INSERT INTO ${target.table} (${target.columns})
  SELECT coupon_id, customer_id, till_id, redeemed_at, ${p('orgId', 'int')}, ${p('importId', 'int')}, row_number,
         NULL${target.optionalColumns}, true
  FROM looked_up WHERE rule_error IS NULL AND NOT recorded
  ORDER BY coupon_id, redeemed_at, customer_id, till_id, row_number
  ON CONFLICT ${conflict} DO NOTHING
  RETURNING row_number
),
evaluated AS MATERIALIZED (
  SELECT row_number, line, byte_offset, recorded OR rule_error IS NULL AS duplicate,
         CASE WHEN NOT recorded THEN rule_error END AS rule_error
  FROM looked_up
  WHERE (SELECT count(*) FROM inserted) < (SELECT count(*) FROM looked_up)
    AND (recorded OR rule_error IS NOT NULL OR row_number NOT IN (SELECT row_number FROM inserted))
)`,
  }
}
