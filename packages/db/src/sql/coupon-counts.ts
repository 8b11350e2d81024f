import type { Parameter } from './commit-batch.ts'

/** Fewer redemptions than this are counted as fast as their count is looked up. */
const WORTH_KEEPING = 20

/**
 * What is known of a coupon for as long as its series has the limit that it has, and no redemption of the series is deleted:
 *
 * - `recorded`: how many of its redemptions have no ordinal, of a time without a limit, counted up to the limit; or the limit, where the
 *   coupon is full. Neither changes meanwhile.
 * - `filled_to`: that no ordinal up to this one is free, as others are only added.
 *
 * So a batch that had to count keeps what it found, and later ones do not read it again.
 *
 * What is kept names what it was true of: the series, how often its limit has changed, and how many statements have deleted redemptions of
 * it. A trigger counts these in the transaction that deletes, so a snapshot has both or neither: what a batch finds in its own is true in
 * each that has the same count, however batch and deletion interleave.
 *
 * Plan: look-ups by the primary keys, once a coupon and once a statement, of series that were without a limit or coupons that are
 * nearly full.
 *
 * Locks: counts are written after all else that other imports could wait for, in the order of their coupons.
 */
export function keepCounts(p: Parameter): {
  /** An expression that the others stand behind. */
  readonly deletions: string
  /** A query of a column that is known of the coupon of the row `alias`; no row where nothing is. */
  readonly known: (alias: string, columns: string) => string
  /** An expression that keeps what `decided` found of each coupon, by its first row. */
  readonly keep: (found: { readonly recorded: string; readonly filledTo: string }) => string
} {
  const limit = '(SELECT max_redemptions_per_coupon FROM series_rules)'
  const changes = '(SELECT limit_changes FROM series_rules)'
  const isSame =
    '(k.series_id, k.limit_changes, k.deletions, k.reverts) = (excluded.series_id, excluded.limit_changes, excluded.deletions, -1)'
  return {
    // Once, for each reference to a table under a policy costs planning; evaluated only where a count is looked up or kept.
    deletions: `deletions AS MATERIALIZED (
  SELECT coalesce((
    SELECT d.deletions FROM deletion_count d WHERE d.org_id = ${p('orgId', 'int')} AND d.series_id = ${p('seriesId', 'bigint')}
  ), 0) AS counted
)`,
    known: (alias, columns) => `SELECT ${columns} FROM coupon_count k
    WHERE ${limit} >= ${WORTH_KEEPING} AND k.coupon_id = ${alias}.coupon_id AND k.org_id = ${p('orgId', 'int')}
      AND k.series_id = ${p('seriesId', 'bigint')} AND k.limit_changes = ${changes}
      AND k.deletions = (SELECT counted FROM deletions) AND k.reverts = -1`,
    keep: ({ recorded, filledTo }) => `kept_counts AS (
  INSERT INTO coupon_count AS k (coupon_id, org_id, series_id, limit_changes, deletions, reverts, recorded, filled_to)
  SELECT d.coupon_id, ${p('orgId', 'int')}, ${p('seriesId', 'bigint')}, ${changes}, (SELECT counted FROM deletions), -1,
         d.recorded, d.filled_to
  FROM (
    SELECT coupon_id, ${recorded} AS recorded, coalesce(${filledTo}, 0) AS filled_to
    FROM decided WHERE speaks_for_coupon AND wanted > 0
  ) d
  WHERE ${limit} >= ${WORTH_KEEPING} AND greatest(d.recorded, d.filled_to) >= ${WORTH_KEEPING}
  ORDER BY d.coupon_id
  ON CONFLICT (coupon_id, org_id) DO UPDATE
  SET series_id = excluded.series_id, limit_changes = excluded.limit_changes, deletions = excluded.deletions, reverts = -1,
      recorded = CASE WHEN ${isSame} THEN greatest(k.recorded, excluded.recorded) ELSE excluded.recorded END,
      filled_to = CASE WHEN ${isSame} THEN greatest(k.filled_to, excluded.filled_to) ELSE excluded.filled_to END
  WHERE NOT ${isSame} OR excluded.recorded > k.recorded OR excluded.filled_to >= k.filled_to + ${WORTH_KEEPING}
)`,
  }
}
