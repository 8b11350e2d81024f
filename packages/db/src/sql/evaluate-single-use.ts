import type { Parameter } from './commit-batch.ts'
import { targetOf } from './redemption-columns.ts'
import { lookUpRedemptions } from './redemption-lookups.ts'

/**
 * For a series whose coupons are redeemed once, and always were: every redemption has ordinal 1. Rows whose coupon is
 * redeemed, or comes earlier in the batch, are left out; the others are inserted. Rows that were left out, and rows that a
 * rule speaks against, are duplicates if the one redemption of their coupon is theirs. Where all rows were inserted, which
 * most batches are, nothing of that is looked at.
 *
 * The look-up is made before the sort, so that no row is looked for in a table that this same statement fills.
 *
 * `expectsCompetitors`: another import is redeeming the same coupons at this time; without it such a row raises a unique
 * violation, and nothing of the batch is kept. ON CONFLICT would ask the index again, and confirm each row in the log.
 */
export function evaluateSingleUse(
  p: Parameter,
  { dryRun, expectsCompetitors }: { readonly dryRun: boolean; readonly expectsCompetitors: boolean },
): { condition: string; expressions: string } {
  const target = targetOf(dryRun)
  const { equalsFirst } = lookUpRedemptions(p, dryRun)
  const onConflict = expectsCompetitors
    ? `
  ON CONFLICT (coupon_id, org_id, ordinal) WHERE ordinal IS NOT NULL DO NOTHING`
    : ''
  return {
    condition: `
    AND EXISTS (SELECT FROM series_rules WHERE single_use AND max_redemptions_per_coupon = 1)`,
    expressions: `inserted AS (
  INSERT INTO ${target.table} (${target.columns})
  SELECT coupon_id, customer_id, till_id, redeemed_at, ${p('orgId', 'int')}, ${p('importId', 'int')}, row_number,
         1${target.optionalColumns}, false
  FROM (
    SELECT *, coupon_id IS NOT DISTINCT FROM lag(coupon_id) OVER (ORDER BY coupon_id, row_number) AS follows
    FROM (
      SELECT s.*, ${equalsFirst} AS equals_first
      FROM resolved s WHERE s.errors IS NULL AND s.rule_error IS NULL
      OFFSET 0
    ) s
    WHERE equals_first IS NULL
  ) s
  WHERE NOT follows
  ORDER BY coupon_id, row_number${onConflict}
  RETURNING row_number
),
turned_away AS MATERIALIZED (
  SELECT row_number, line, byte_offset, coupon_id, customer_id, till_id, redeemed_at, rule_error, already_redeemed
  FROM resolved
  WHERE (SELECT count(*) FROM inserted) < (SELECT count(*) FROM resolved WHERE errors IS NULL)
    AND errors IS NULL AND (rule_error IS NOT NULL OR row_number NOT IN (SELECT row_number FROM inserted))
),
-- The redemption that was there when the statement began, and the one that this batch made.
held AS (
  SELECT s.row_number, s.line, s.byte_offset, s.rule_error, s.already_redeemed, s.customer_id, s.till_id, s.redeemed_at,
         ${equalsFirst} AS equals_first,
         first_value(s.winner) OVER coupon AS winner,
         first_value(s.customer_id) OVER coupon AS winner_customer_id,
         first_value(s.till_id) OVER coupon AS winner_till_id,
         first_value(s.redeemed_at) OVER coupon AS winner_redeemed_at,
         s.winner AS is_winner
  FROM (
    SELECT row_number, line, byte_offset, coupon_id, customer_id, till_id, redeemed_at, rule_error, already_redeemed,
           false AS winner
    FROM turned_away
    UNION ALL
    SELECT row_number, NULL, NULL, coupon_id, customer_id, till_id, redeemed_at, NULL, NULL, true
    FROM resolved
    WHERE EXISTS (SELECT FROM turned_away)
      AND row_number IN (SELECT row_number FROM inserted) AND coupon_id IN (SELECT coupon_id FROM turned_away)
  ) s
  WINDOW coupon AS (PARTITION BY s.coupon_id ORDER BY s.winner DESC)
),
evaluated AS MATERIALIZED (
  SELECT row_number, line, byte_offset,
         same AS duplicate,
         CASE
           WHEN same THEN NULL
           WHEN rule_error IS NOT NULL THEN rule_error
           WHEN equals_first IS NOT NULL OR winner THEN already_redeemed
           ELSE raise_concurrent_redemption()
         END AS rule_error
  FROM (
    SELECT *, equals_first IS TRUE
              OR winner AND (winner_customer_id, winner_till_id, winner_redeemed_at) = (customer_id, till_id, redeemed_at)
                AS same
    FROM held WHERE NOT is_winner
  ) h
)`,
  }
}
