import type { Parameter } from './commit-batch.ts'
import { INSERT_COLUMNS, LOOKED_THROUGH } from './redemption-columns.ts'

/** Where the judge looks for earlier redemptions (a table or a query in brackets), and where it writes new ones. */
export interface RedemptionTables {
  readonly recorded: string
  readonly written: string
  /** The columns of the unique index of `written` that holds one ordinal a coupon. */
  readonly ordinalKey: string
}

const REAL_TABLES: RedemptionTables = {
  recorded: 'redemption',
  written: 'redemption',
  ordinalKey: 'coupon_id, org_id, ordinal',
}

/**
 * For any series. A row is a duplicate when its redemption is recorded, or when an equal row before it in the batch is
 * inserted. The others compete in file order for what the series' limit leaves of their coupon, and take the coupon's
 * free ordinals from below: the unique index on them makes the limit hold under any concurrency.
 *
 * The coupon's state is looked up once a coupon, at its first row in the batch, and handed on by a window. Counting its
 * redemptions is needed only where the highest ordinal leaves a doubt (the limit is near, or redemptions were reverted).
 */
export function judgeMultiUse(
  p: Parameter,
  { recorded, written, ordinalKey }: RedemptionTables = REAL_TABLES,
): { condition: string; expressions: string } {
  const sameRedemption = `r.coupon_id = s.coupon_id AND r.org_id = ${p('orgId', 'int')}
          AND r.customer_id = s.customer_id AND r.till_id = s.till_id AND r.redeemed_at = s.redeemed_at`
  const ofCoupon = `r.coupon_id = s.coupon_id AND r.org_id = ${p('orgId', 'int')}`
  return {
    condition: '',
    expressions: `looked_up AS MATERIALIZED (
  SELECT s.*, coalesce(
           (SELECT true FROM ${recorded} r WHERE ${sameRedemption} AND r.ordinal <= ${LOOKED_THROUGH} LIMIT 1),
           (SELECT true FROM ${recorded} r WHERE ${sameRedemption} AND r.ordinal > ${LOOKED_THROUGH} LIMIT 1),
           false) AS recorded
  FROM resolved s WHERE s.errors IS NULL
),
firsts AS (
  SELECT *, row_number() OVER (PARTITION BY coupon_id, customer_id, till_id, redeemed_at ORDER BY row_number) = 1 AS first
  FROM looked_up WHERE NOT recorded AND rule_error IS NULL
),
ranked AS (
  SELECT *, count(*) FILTER (WHERE first) OVER (PARTITION BY coupon_id ORDER BY row_number) AS rank,
         count(*) FILTER (WHERE first) OVER (PARTITION BY coupon_id) AS wanted,
         row_number() OVER (PARTITION BY coupon_id ORDER BY row_number) = 1 AS speaks_for_coupon
  FROM firsts
),
coupon_state AS (
  SELECT s.*, max(c.top) OVER coupon AS top, max(c.used) OVER coupon AS used
  FROM ranked s
  LEFT JOIN LATERAL (
    SELECT m.top,
           CASE WHEN m.top + s.wanted > (SELECT max_redemptions_per_coupon FROM series_rules)
                THEN (SELECT count(*)::int FROM ${recorded} r WHERE ${ofCoupon}) END AS used
    FROM (
      SELECT coalesce((SELECT r.ordinal FROM ${recorded} r WHERE ${ofCoupon} ORDER BY r.ordinal DESC LIMIT 1), 0) AS top
    ) m
    WHERE s.speaks_for_coupon
  ) c ON true
  WINDOW coupon AS (PARTITION BY s.coupon_id)
),
decided AS MATERIALIZED (
  SELECT s.*, bool_or(first AND fits) OVER (PARTITION BY coupon_id, customer_id, till_id, redeemed_at) AS accepted
  FROM (
    SELECT *, used IS NULL OR used + rank <= (SELECT max_redemptions_per_coupon FROM series_rules) AS fits
    FROM coupon_state
  ) s
),
inserted AS (
  INSERT INTO ${written} (${INSERT_COLUMNS})
  SELECT coupon_id, customer_id, till_id, redeemed_at, ${p('orgId', 'int')}, ${p('importId', 'int')}, row_number,
         CASE WHEN used IS NULL OR used = top THEN top + rank
              ELSE (SELECT g FROM generate_series(1, (SELECT max_redemptions_per_coupon FROM series_rules)) g
                    WHERE NOT EXISTS (SELECT FROM ${recorded} r WHERE ${ofCoupon} AND r.ordinal = g)
                    ORDER BY g OFFSET rank - 1 LIMIT 1) END,
         bill_id, bill_number, details
  FROM decided s WHERE first AND accepted
  ORDER BY coupon_id, row_number
  ON CONFLICT (${ordinalKey}) DO NOTHING
  RETURNING row_number
),
judged AS MATERIALIZED (
  SELECT row_number, line, byte_offset, accepted AS duplicate,
         CASE WHEN accepted THEN NULL
              WHEN (SELECT max_redemptions_per_coupon FROM series_rules) = 1 THEN already_redeemed
              ELSE limit_reached END AS rule_error
  FROM decided WHERE NOT (first AND accepted)
  UNION ALL
  SELECT row_number, line, byte_offset, recorded, rule_error FROM looked_up WHERE recorded OR rule_error IS NOT NULL
  UNION ALL
  -- One that was to be inserted and was not: another import has taken its ordinal meanwhile.
  SELECT row_number, line, byte_offset, false, raise_concurrent_redemption()
  FROM decided WHERE first AND accepted AND row_number NOT IN (SELECT row_number FROM inserted)
)`,
  }
}
