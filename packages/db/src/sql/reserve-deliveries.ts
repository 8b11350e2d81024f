/**
 * Reserves due deliveries for jobs that are about to be queued. $1 now, $2 reserved until, $3 how many of one receiver may
 * be under way at once, $4 the same of a receiver whose last attempt failed, $5 how many to reserve at most.
 *
 * Plan: the receivers that have something pending are found by hopping over webhook_delivery_due_idx, one probe each,
 * so a receiver with a million waiting deliveries costs what one with a single delivery does; for each, one count in
 * webhook_delivery_reserved_idx and the first few due rows. Receivers are served in turn: the first delivery of each
 * before the second of any. Locks: the reserved rows. Two dispatchers that choose the same row: the second waits, finds it
 * reserved, and leaves it. They are updated by an array of their ids, as the planner would join all that is pending.
 */
export const RESERVE_DELIVERIES = `
WITH RECURSIVE receivers AS (
  (SELECT receiver FROM webhook_delivery WHERE status = 'pending' ORDER BY receiver LIMIT 1)
  UNION ALL
  SELECT (SELECT d.receiver FROM webhook_delivery d
          WHERE d.status = 'pending' AND d.receiver > r.receiver ORDER BY d.receiver LIMIT 1)
  FROM receivers r WHERE r.receiver IS NOT NULL
),
due AS (
  SELECT d.id
  FROM receivers r
  CROSS JOIN LATERAL (
    SELECT count(*) AS busy FROM webhook_delivery b
    WHERE b.status = 'pending' AND b.receiver = r.receiver AND b.reserved_until > $1::timestamptz
  ) AS b
  CROSS JOIN LATERAL (
    SELECT CASE WHEN EXISTS (
      SELECT FROM webhook_endpoint e WHERE 'endpoint:' || e.id = r.receiver AND e.failing_since IS NOT NULL
    ) THEN $4::int ELSE $3::int END AS most
  ) AS m
  CROSS JOIN LATERAL (
    SELECT w.id, row_number() OVER (ORDER BY w.next_attempt_at, w.id) AS place
    FROM webhook_delivery w
    WHERE w.status = 'pending' AND w.receiver = r.receiver AND w.next_attempt_at <= $1::timestamptz
      AND (w.reserved_until IS NULL OR w.reserved_until <= $1::timestamptz)
    ORDER BY w.next_attempt_at, w.id
    LIMIT greatest(0, m.most - b.busy)
  ) AS d
  WHERE r.receiver IS NOT NULL
  ORDER BY d.place
  LIMIT $5::int
)
UPDATE webhook_delivery w SET reserved_until = $2::timestamptz
WHERE w.id = ANY (ARRAY(SELECT id FROM due)) AND w.status = 'pending' AND (w.reserved_until IS NULL OR w.reserved_until <= $1::timestamptz)
RETURNING w.id, w.turn`
