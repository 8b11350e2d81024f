/**
 * What the statements that change an import's state set, so that its worked time and its attempts are known:
 * `worked_ms` is what the time slices that are over have worked, `slice_started_at` when the one under way began.
 */

/** Up to the last progress: the worker of a slice that nobody has ended may have died long ago. */
const WORKED_WITH_ABANDONED = `worked_ms + greatest(0, extract(epoch FROM
        greatest(updated_at, (SELECT max(l.updated_at) FROM import_lane l WHERE l.import_id = import.id))
        - slice_started_at) * 1000)::bigint`

/** Only what ends as it should ends its slice: one that is still open belongs to an attempt that failed. */
export const BEGIN_SLICE = `worked_ms = ${WORKED_WITH_ABANDONED}, slice_started_at = clock_timestamp(),
      attempts = attempts + CASE WHEN attempts > 0 AND clean_stop THEN 0 ELSE 1 END, clean_stop = false`

/** For the worker whose slice it is. */
export const END_SLICE = `worked_ms = worked_ms + greatest(0, extract(epoch FROM
        clock_timestamp() - slice_started_at) * 1000)::bigint, slice_started_at = NULL`

/** For whoever takes the import away from a worker, if there is one. */
export const END_ABANDONED_SLICE = `worked_ms = ${WORKED_WITH_ABANDONED}, slice_started_at = NULL`
