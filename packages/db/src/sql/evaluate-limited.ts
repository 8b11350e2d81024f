import type { Parameter } from './commit-batch.ts'
import { INSERT_COLUMNS } from './redemption-columns.ts'
import { lookUpRedemptions } from './redemption-lookups.ts'

/**
 * For a series with a limit, whatever it was before. A row is a duplicate when its redemption is recorded, or when an equal
 * row before it in the batch is inserted. The others compete in file order for what the limit leaves of their coupon.
 *
 * A redemption takes an ordinal, and none above the limit: the unique index on them makes the limit hold under any
 * concurrency, reverts included, and the one on the redemption itself keeps it from being recorded twice. A batch that
 * meets what its snapshot does not show raises a unique violation; nothing of it is kept, and it is sent again.
 *
 * The coupon's state is looked up once a coupon and batch, at the coupon's first row, and handed on by a window. Its
 * redemptions are counted only where their highest ordinal leaves a doubt: where that and what the batch wants exceed the
 * limit. Then the ordinals that are free below the limit (after a revert) are listed once, in order, for the batch's rows
 * to take by their rank. All of that is bounded by the limit, and ordered by the index that serves it.
 *
 * OFFSET 0 keeps what is asked once a coupon from being asked for each row and joined then.
 *
 * Ordinals of a dry run count its own rows, apart from the redemptions that are recorded.
 */
export function evaluateLimited(
  p: Parameter,
  { dryRun }: { readonly dryRun: boolean },
): { condition: string; expressions: string } {
  const { isRecorded, ofCoupon, ofCouponInDryRun } = lookUpRedemptions(p, dryRun)
  const limit = '(SELECT max_redemptions_per_coupon FROM series_rules)'
  const highest = (table: string, condition: string): string =>
    `coalesce((SELECT r.ordinal FROM ${table} r WHERE ${condition} AND r.ordinal IS NOT NULL ORDER BY r.ordinal DESC LIMIT 1), 0)`
  return {
    condition: `
    AND EXISTS (SELECT FROM series_rules WHERE max_redemptions_per_coupon IS NOT NULL)`,
    expressions: `looked_up AS MATERIALIZED (
  SELECT s.*, ${isRecorded} AS recorded
  FROM resolved s WHERE s.errors IS NULL
),
firsts AS (
  SELECT *, first_value(row_number) OVER (PARTITION BY coupon_id, customer_id, till_id, redeemed_at ORDER BY row_number)
              AS first_row
  FROM looked_up WHERE NOT recorded AND rule_error IS NULL
),
ranked AS (
  SELECT *, count(*) FILTER (WHERE row_number = first_row) OVER (PARTITION BY coupon_id ORDER BY row_number) AS rank,
         count(*) FILTER (WHERE row_number = first_row) OVER (PARTITION BY coupon_id) AS wanted,
         row_number() OVER (PARTITION BY coupon_id ORDER BY row_number) = 1 AS speaks_for_coupon
  FROM firsts
),
-- What is used is null where nobody has to know.
coupon_state AS MATERIALIZED (
  SELECT s.*, first_value(c.top) OVER coupon AS top, first_value(c.numbered) OVER coupon AS numbered,
         first_value(c.used) OVER coupon AS used
  FROM ranked s
  LEFT JOIN LATERAL (
    SELECT ${dryRun ? 'm.dry_top' : 'm.top'} AS top, n.numbered, n.numbered + m.others + m.dry_top AS used
    FROM (
      SELECT ${highest('redemption', ofCoupon)} AS top,
             ${dryRun ? highest('dry_redemption', ofCouponInDryRun) : '0'} AS dry_top,
             CASE WHEN (SELECT was_unlimited FROM series_rules) THEN (
               SELECT count(*)::int FROM (
                 SELECT FROM redemption r WHERE ${ofCoupon} AND r.ordinal IS NULL
                 ORDER BY r.redeemed_at, r.customer_id, r.till_id LIMIT ${limit}
               ) u
             ) ELSE 0 END AS others
      OFFSET 0
    ) m
    LEFT JOIN LATERAL (
      SELECT count(*)::int AS numbered FROM (
        SELECT FROM redemption r WHERE ${ofCoupon} AND r.ordinal IS NOT NULL ORDER BY r.ordinal LIMIT ${limit}
      ) u
      HAVING m.top + m.others + m.dry_top + s.wanted > ${limit}
      OFFSET 0
    ) n ON true
    WHERE s.speaks_for_coupon
    OFFSET 0
  ) c ON true
  WINDOW coupon AS (PARTITION BY s.coupon_id ORDER BY s.row_number)
),${
      dryRun
        ? ''
        : `
free_ordinals AS MATERIALIZED (
  SELECT s.coupon_id, f.ordinal, f.rank
  FROM coupon_state s, LATERAL (
    SELECT g AS ordinal, row_number() OVER (ORDER BY g) AS rank
    FROM (
      SELECT o AS below, lead(o, 1, ${limit} + 1) OVER (ORDER BY o) AS above
      FROM (
        SELECT 0 AS o UNION ALL SELECT r.ordinal FROM redemption r WHERE ${ofCoupon} AND r.ordinal BETWEEN 1 AND ${limit}
      ) o
    ) gap, generate_series(below + 1, above - 1) g
    WHERE above > below + 1
    ORDER BY g LIMIT least(s.wanted, greatest(${limit} - s.used, 0))
  ) f
  WHERE s.speaks_for_coupon AND s.numbered < s.top AND s.used < ${limit}
),`
    }
-- FULL, as that is never looped: it would be, where the planner expects few rows of either.
decided AS MATERIALIZED (
  SELECT s.*, s.used IS NULL OR s.used + s.rank <= ${limit} AS fits,
         ${dryRun ? 's.top + s.rank' : 'coalesce(f.ordinal, s.top + s.rank)'} AS ordinal
  FROM coupon_state s${dryRun ? '' : ' FULL JOIN free_ordinals f ON f.coupon_id = s.coupon_id AND f.rank = s.rank'}
),
inserted AS (
  INSERT INTO ${dryRun ? 'dry_redemption' : 'redemption'} (${INSERT_COLUMNS})
  SELECT coupon_id, customer_id, till_id, redeemed_at, ${p('orgId', 'int')}, ${p('importId', 'int')}, row_number, ordinal,
         bill_id, bill_number, details, true
  FROM decided WHERE row_number = first_row AND fits
  ORDER BY coupon_id, row_number
  RETURNING row_number
),
judged AS MATERIALIZED (
  SELECT row_number, line, byte_offset, duplicate,
         CASE WHEN NOT duplicate THEN CASE ${limit} WHEN 1 THEN already_redeemed ELSE limit_reached END END AS rule_error
  FROM (
    SELECT *, row_number <> first_row AND first_row IN (SELECT row_number FROM inserted) AS duplicate
    FROM decided WHERE NOT (row_number = first_row AND fits)
  ) d
  UNION ALL
  SELECT row_number, line, byte_offset, recorded, CASE WHEN NOT recorded THEN rule_error END
  FROM looked_up WHERE recorded OR rule_error IS NOT NULL
)`,
  }
}
