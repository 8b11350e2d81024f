/**
 * Counts of the latest ended imports, by their checkpoints and by their rows. $1: of how many imports; $2: with how many
 * rows at most.
 *
 * Plan: the newest imports by primary key, then for each the rows of its own, by the primary keys (import, row) of the three
 * tables. Locks: none.
 */
export const COUNT_OUTCOMES = `
  WITH ended AS (
    SELECT i.id, l.inserted, l.duplicates, l.rejected
    FROM import i
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(duplicates), 0)::bigint AS duplicates,
             coalesce(sum(rejected), 0)::bigint AS rejected
      FROM import_lane WHERE import_id = i.id
    ) l
    WHERE i.status IN ('completed', 'failed', 'cancelled') AND NOT i.dry_run
      AND i.revert_requested_at IS NULL AND i.expired_at IS NULL
      AND l.inserted + l.duplicates + l.rejected <= $2::int
    ORDER BY i.id DESC LIMIT $1::int
  )
  SELECT id AS "importId", inserted, duplicates, rejected,
         (SELECT count(*) FROM redemption WHERE import_id = ended.id) AS "recordedInserted",
         (SELECT count(*) FROM duplicate_row WHERE import_id = ended.id) AS "recordedDuplicates",
         (SELECT count(*) FROM rejected_row WHERE import_id = ended.id) AS "recordedRejected"
  FROM ended ORDER BY id DESC`
