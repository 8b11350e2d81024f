import type { Parameter } from './commit-batch.ts'

/** Fewer redemptions than this are counted as fast as their count is looked up. */
const WORTH_KEEPING = 20

/**
 * What is known of a coupon for as long as its series has the limit that it has, and no import of the organization is reverted: how
 * many of its redemptions have no ordinal, of a time without a limit, counted up to the limit; or the limit, where the coupon is full.
 * Neither changes meanwhile. So a batch that had to count keeps the count, and later ones do not read what is recorded.
 *
 * A count names what it was true of: the series, how often its limit has changed, and how many imports were reverted. It holds while as
 * many reverts have ever been requested. A revert is requested before it deletes anything and is over after all is deleted: a batch
 * that sees a revert under way keeps a count that is true of no later one, however the two interleave.
 *
 * Plan: a look-up by the primary key a coupon; reverts by import_reverts_idx, once a statement, of series that were without a limit
 * or coupons that may be full.
 *
 * Locks: counts are written after all else that other imports could wait for, in the order of their coupons.
 */
export function keepCounts(p: Parameter): {
  /** An expression that the others stand behind. */
  readonly reverts: string
  /** The count that is known of the coupon of the row `alias`; else null. */
  readonly ofCoupon: (alias: string) => string
  /** An expression that keeps what `decided` found, by `recorded`, at the first row of each coupon. */
  readonly keep: (recorded: string) => string
} {
  const limit = '(SELECT max_redemptions_per_coupon FROM series_rules)'
  const changes = '(SELECT limit_changes FROM series_rules)'
  const ofCoupon = (alias: string): string => `CASE WHEN ${limit} >= ${WORTH_KEEPING} THEN (
    SELECT k.recorded FROM coupon_count k
    WHERE k.coupon_id = ${alias}.coupon_id AND k.org_id = ${p('orgId', 'int')} AND k.series_id = ${p('seriesId', 'bigint')}
      AND k.limit_changes = ${changes} AND k.reverts = (SELECT requested FROM reverts)
  ) END`
  return {
    // Once, for each reference to a table under a policy costs planning; evaluated only where a count is looked up or kept.
    reverts: `reverts AS MATERIALIZED (
  SELECT count(*)::int AS requested, (count(*) FILTER (WHERE i.status = 'reverted'))::int AS completed
  FROM import i WHERE (i.org_id + 0) = ${p('orgId', 'int')} AND i.revert_requested_at IS NOT NULL
)`,
    ofCoupon,
    keep: (recorded) => `kept_counts AS (
  INSERT INTO coupon_count AS k (coupon_id, org_id, series_id, limit_changes, reverts, recorded)
  SELECT d.coupon_id, ${p('orgId', 'int')}, ${p('seriesId', 'bigint')}, ${changes}, (SELECT completed FROM reverts), d.recorded
  FROM (SELECT coupon_id, ${recorded} AS recorded FROM decided WHERE speaks_for_coupon AND wanted > 0) d
  -- Where all rows are inserted, as most are, no coupon is full.
  WHERE ${limit} >= ${WORTH_KEEPING} AND ((SELECT was_unlimited FROM series_rules) OR EXISTS (SELECT FROM evaluated))
    AND d.recorded >= ${WORTH_KEEPING}
  ORDER BY d.coupon_id
  ON CONFLICT (coupon_id, org_id) DO UPDATE
  SET series_id = excluded.series_id, limit_changes = excluded.limit_changes, reverts = excluded.reverts, recorded = excluded.recorded
  WHERE (k.series_id, k.limit_changes, k.reverts, k.recorded)
    IS DISTINCT FROM (excluded.series_id, excluded.limit_changes, excluded.reverts, excluded.recorded)
)`,
  }
}
