import type { Parameter } from './commit-batch.ts'
import { INSERT_COLUMNS } from './redemption-columns.ts'

/**
 * For a series whose coupons are redeemed once, and always were: every redemption has ordinal 1, so the unique index
 * itself decides who is first. Rows that it turns away, and rows that a rule speaks against, are duplicates if the one
 * redemption of their coupon is theirs. Where all rows were inserted, which most batches are, nothing of that is looked at.
 */
export function judgeSingleUse(p: Parameter): { condition: string; expressions: string } {
  return judge(p, 'ON CONFLICT (coupon_id, org_id, ordinal) DO NOTHING')
}

/**
 * The same where no row's coupon is redeemed yet. Raises a unique violation where one is, and nothing of the batch is
 * kept. ON CONFLICT would ask the index before each row, and confirm each in the log.
 */
export function judgeFirstUse(p: Parameter): { condition: string; expressions: string } {
  return judge(p, '')
}

function judge(p: Parameter, onConflict: string): { condition: string; expressions: string } {
  return {
    condition: `
    AND EXISTS (SELECT FROM series_rules WHERE single_use AND max_redemptions_per_coupon = 1)`,
    expressions: `inserted AS (
  INSERT INTO redemption (${INSERT_COLUMNS})
  SELECT coupon_id, customer_id, till_id, redeemed_at, ${p('orgId', 'int')}, ${p('importId', 'int')}, row_number, 1,
         bill_id, bill_number, details
  FROM resolved WHERE errors IS NULL AND rule_error IS NULL
  ORDER BY coupon_id, row_number
  ${onConflict}
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
  SELECT t.row_number, t.line, t.byte_offset, t.rule_error, t.already_redeemed, t.customer_id, t.till_id, t.redeemed_at,
         e.coupon_id IS NOT NULL AS earlier,
         coalesce((e.customer_id, e.till_id, e.redeemed_at) = (t.customer_id, t.till_id, t.redeemed_at), false) AS same_earlier,
         first_value(t.winner) OVER coupon AS winner,
         first_value(t.customer_id) OVER coupon AS winner_customer_id,
         first_value(t.till_id) OVER coupon AS winner_till_id,
         first_value(t.redeemed_at) OVER coupon AS winner_redeemed_at,
         t.winner AS is_winner
  FROM (
    SELECT row_number, line, byte_offset, coupon_id, customer_id, till_id, redeemed_at, rule_error, already_redeemed,
           false AS winner
    FROM turned_away
    UNION ALL
    SELECT row_number, NULL, NULL, coupon_id, customer_id, till_id, redeemed_at, NULL, NULL, true
    FROM resolved
    WHERE EXISTS (SELECT FROM turned_away)
      AND row_number IN (SELECT row_number FROM inserted) AND coupon_id IN (SELECT coupon_id FROM turned_away)
  ) t
  LEFT JOIN LATERAL (
    SELECT r.coupon_id, r.customer_id, r.till_id, r.redeemed_at FROM redemption r
    WHERE r.coupon_id = t.coupon_id AND r.org_id = ${p('orgId', 'int')} AND r.ordinal = 1 LIMIT 1
  ) e ON true
  WINDOW coupon AS (PARTITION BY t.coupon_id ORDER BY t.winner DESC)
),
judged AS MATERIALIZED (
  SELECT row_number, line, byte_offset,
         same_earlier OR same_winner AS duplicate,
         CASE
           WHEN same_earlier OR same_winner THEN NULL
           WHEN rule_error IS NOT NULL THEN rule_error
           WHEN earlier OR winner THEN already_redeemed
           ELSE raise_concurrent_redemption()
         END AS rule_error
  FROM (
    SELECT *, winner AND (winner_customer_id, winner_till_id, winner_redeemed_at) = (customer_id, till_id, redeemed_at)
                AS same_winner
    FROM held WHERE NOT is_winner
  ) h
)`,
  }
}
