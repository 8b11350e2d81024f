import type { Parameter } from './commit-batch.ts'
import { keepCounts } from './coupon-counts.ts'
import { targetOf } from './redemption-columns.ts'
import { lookUpRedemptions } from './redemption-lookups.ts'

/**
 * For a series with a limit, whatever it was before. A row is a duplicate when its redemption is recorded, or when an equal
 * row before it in the batch is inserted. The others compete in file order for what the limit leaves of their coupon. Equal
 * rows are recorded, or break a rule, all or none, so the first of them speaks for all.
 *
 * PostgreSQL streams the batch through these subqueries; materializing each took a tenth of the time.
 *
 * A redemption takes an ordinal, and none above the limit: the unique index on them makes the limit hold under any
 * concurrency, reverts included, and the one on the redemption itself keeps it from being recorded twice. A batch that
 * meets what its snapshot does not show raises a unique violation; nothing of it is kept, and it is sent again.
 *
 * The coupon's state is looked up once a coupon and batch, at the coupon's first row, and handed on by a window. `open` is how many
 * ordinals may be taken at most: the limit, without what is recorded beside them. Only where the highest ordinal and what the batch
 * wants exceed it is there more to know: which ordinals are free among the open ones (after a revert), as many as the batch can need,
 * for its rows to take by their rank. That reads the coupon's ordinals once, in the order of the index that serves it, no more of
 * them than the limit, and none of those up to which an earlier batch left none free. Those above, of a time when more were open, each
 * leave one of the free ones unused.
 *
 * Redemptions of a time without a limit are counted once, taken ordinals are read once, and a coupon that is full is found to be so
 * once: see {@link keepCounts}.
 *
 * OFFSET 0 makes PostgreSQL look up once for each coupon, not for each row with a join afterwards.
 *
 * Ordinals of a dry run count its own rows, apart from the redemptions that are recorded. Where it has none of a coupon that is full, it is
 * the recorded ones that fill it.
 */
export function evaluateLimited(
  p: Parameter,
  { dryRun }: { readonly dryRun: boolean },
): { condition: string; expressions: string } {
  const target = targetOf(dryRun)
  const { isRecorded, ofCoupon, ofCouponInDryRun } = lookUpRedemptions(p, dryRun)
  const limit = '(SELECT max_redemptions_per_coupon FROM series_rules)'
  const counts = keepCounts(p)
  const highest = (table: string, condition: string): string =>
    `coalesce((SELECT r.ordinal FROM ${table} r WHERE ${condition} ORDER BY r.ordinal DESC LIMIT 1), 0)`
  return {
    condition: `
    AND EXISTS (SELECT FROM series_rules WHERE max_redemptions_per_coupon IS NOT NULL)`,
    expressions: `${counts.deletions},
ranked AS (
  SELECT *, count(*) FILTER (WHERE competes) OVER (PARTITION BY coupon_id ORDER BY row_number) AS rank,
         count(*) FILTER (WHERE competes) OVER (PARTITION BY coupon_id) AS wanted,
         row_number() OVER (PARTITION BY coupon_id ORDER BY row_number) = 1 AS speaks_for_coupon
  FROM (
    SELECT *, NOT recorded AND rule_error IS NULL AND row_number = first_row AS competes
    FROM (
      SELECT row_number, line, byte_offset, coupon_id, customer_id, till_id, redeemed_at, rule_error, already_redeemed,
             limit_reached, ${isRecorded} AS recorded${target.optionalColumns},
             first_value(row_number) OVER (PARTITION BY coupon_id, customer_id, till_id, redeemed_at ORDER BY row_number)
               AS first_row
      FROM resolved s WHERE errors IS NULL
    ) looked_up
  ) s
),
-- How many redemptions the limit still allows (remaining) and the free ordinals (free): null where no row of the batch needs them.
coupon_state AS ${dryRun ? '' : 'MATERIALIZED '}(
  SELECT s.*, first_value(c.top) OVER coupon AS top, first_value(c.remaining) OVER coupon AS remaining, c.free, c.others
  FROM ranked s
  LEFT JOIN LATERAL (
    SELECT ${dryRun ? 'f.dry_top' : 'f.top'} AS top, f.others, f.found[2:] AS free,
           cardinality(f.found) - 1 - f.found[1] AS remaining
    FROM (
      -- In a CASE, where it costs nothing unless it is evaluated: how many are above, then those that are free.
      SELECT m.top, m.dry_top, m.others, CASE WHEN m.top + s.wanted > o.open THEN (
        SELECT n.above || ARRAY(
          SELECT generate_series(below + 1, least(above - 1, below + s.wanted + n.above)::int)
          FROM (
            SELECT lag(r.ordinal, 1, n.filled_to) OVER (ORDER BY r.ordinal) AS below, r.ordinal AS above
            FROM redemption r WHERE ${ofCoupon} AND r.ordinal BETWEEN n.filled_to + 1 AND n.open
            UNION ALL
            SELECT greatest(${highest('redemption', `${ofCoupon} AND r.ordinal BETWEEN n.filled_to + 1 AND n.open`)}, n.filled_to),
                   n.open + 1
          ) gap
          LIMIT s.wanted + n.above
        )
        FROM (
          SELECT k.open, k.filled_to, (
            SELECT count(*)::int FROM (
              SELECT FROM redemption r WHERE ${ofCoupon} AND r.ordinal > k.open ORDER BY r.ordinal LIMIT k.open
            ) a
          ) AS above
          FROM (
            SELECT CASE WHEN c.recorded = ${limit} THEN 0 ELSE greatest(o.open, 0) END AS open, coalesce(c.filled_to, 0) AS filled_to
            FROM (SELECT) once LEFT JOIN LATERAL (${counts.known('s', 'k.recorded, k.filled_to')} OFFSET 0) c ON true
            OFFSET 0
          ) k
          OFFSET 0
        ) n
      ) END AS found
      FROM (
        SELECT ${highest('redemption', `${ofCoupon} AND r.ordinal IS NOT NULL`)} AS top,
               ${dryRun ? highest('dry_redemption', `${ofCouponInDryRun} AND r.ordinal IS NOT NULL`) : '0'} AS dry_top,
               CASE WHEN (SELECT was_unlimited FROM series_rules) THEN coalesce((${counts.known('s', 'k.recorded')}), (
                 SELECT count(*)::int FROM (
                   SELECT FROM redemption r WHERE ${ofCoupon} AND r.ordinal IS NULL
                   ORDER BY r.redeemed_at, r.customer_id, r.till_id LIMIT ${limit}
                 ) u
               )) ELSE 0 END AS others
        OFFSET 0
      ) m
      CROSS JOIN LATERAL (SELECT ${limit} - m.others - m.dry_top AS open) o
      OFFSET 0
    ) f
    WHERE s.speaks_for_coupon AND s.wanted > 0
    OFFSET 0
  ) c ON true
  WINDOW coupon AS (PARTITION BY s.coupon_id ORDER BY s.row_number)
),
${
  dryRun
    ? `decided AS MATERIALIZED (
  SELECT *, remaining IS NULL OR rank <= remaining AS fits, top + rank AS ordinal FROM coupon_state
),`
    : `free_ordinals AS MATERIALIZED (
  SELECT s.coupon_id, f.ordinal, f.rank
  FROM coupon_state s, unnest(s.free) WITH ORDINALITY f (ordinal, rank)
  WHERE s.free IS NOT NULL AND f.rank <= s.wanted
),
-- FULL, as that is never looped: it would be, where the planner expects few rows of either. Most rows need no join, and
-- stay in the order in which they are inserted.
decided AS MATERIALIZED (
  SELECT *, true AS fits, top + rank AS ordinal FROM coupon_state WHERE remaining IS NULL
  UNION ALL
  SELECT s.*, s.rank <= s.remaining, f.ordinal
  FROM (SELECT * FROM coupon_state WHERE remaining IS NOT NULL) s
  FULL JOIN free_ordinals f ON f.coupon_id = s.coupon_id AND f.rank = s.rank
),`
}
inserted AS (
  INSERT INTO ${target.table} (${target.columns})
  SELECT coupon_id, customer_id, till_id, redeemed_at, ${p('orgId', 'int')}, ${p('importId', 'int')}, row_number,
         ordinal${target.optionalColumns}, true
  FROM decided WHERE competes AND fits
  ORDER BY coupon_id, row_number
  RETURNING row_number
),
evaluated AS MATERIALIZED (
  SELECT row_number, line, byte_offset, duplicate,
         CASE WHEN NOT duplicate THEN
           coalesce(rule_error, CASE ${limit} WHEN 1 THEN already_redeemed ELSE limit_reached END)
         END AS rule_error
  FROM (
    SELECT *, recorded OR first_row IN (SELECT row_number FROM inserted) AS duplicate
    FROM decided WHERE NOT (competes AND fits)
  ) d
),
${counts.keep({
  recorded: `CASE WHEN remaining <= 0${dryRun ? ' AND top = 0' : ''} THEN ${limit} ELSE others END`,
  // A dry run takes none of the free ones.
  filledTo: dryRun ? 'free[1] - 1' : 'free[least(wanted, remaining)::int]',
})}`,
  }
}
