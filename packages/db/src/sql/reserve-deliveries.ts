/**
 * Every receiver that has deliveries in flight or due: how many are in flight, and its first due deliveries, oldest first.
 * $1 now, $2 hanging since, $3 the most due deliveries to give of one receiver.
 *
 * A receiver counts as failing when its endpoint's last attempt failed, when a delivery of its callback host waits for
 * another attempt, or as soon as an attempt hangs: it began by $2 and has not ended.
 *
 * Plan: the receivers that have something pending are found by hopping over webhook_delivery_due_idx, one probe each, so
 * a receiver with a million waiting deliveries costs what one with a single delivery does. For each: one probe of the
 * same index for the pending delivery that is latest due (one that has failed is due later than new ones), what is in
 * flight by webhook_delivery_reserved_idx with the attempts of these few by their key, and the first few due rows.
 */
export const FIND_RECEIVERS = `
WITH RECURSIVE receivers AS (
  (SELECT receiver FROM webhook_delivery WHERE status = 'pending' ORDER BY receiver LIMIT 1)
  UNION ALL
  SELECT (SELECT d.receiver FROM webhook_delivery d
          WHERE d.status = 'pending' AND d.receiver > r.receiver ORDER BY d.receiver LIMIT 1)
  FROM receivers r WHERE r.receiver IS NOT NULL
)
SELECT r.receiver, latest.org_id AS "orgId", flight.hangs OR latest.is_failing AS "isFailing",
       flight.count AS "inFlight", coalesce(due.ids, '{}') AS due, due.since AS "dueSince"
FROM receivers r
CROSS JOIN LATERAL (
  SELECT d.org_id,
         CASE WHEN d.endpoint_id IS NULL THEN d.round_attempts > 0
              ELSE (SELECT e.failing_since IS NOT NULL FROM webhook_endpoint e WHERE e.id = d.endpoint_id) END AS is_failing
  FROM webhook_delivery d
  WHERE d.status = 'pending' AND d.receiver = r.receiver
  ORDER BY d.next_attempt_at DESC, d.id DESC LIMIT 1
) AS latest
CROSS JOIN LATERAL (
  SELECT count(*)::int AS count, coalesce(bool_or(a.started_at <= $2::timestamptz), false) AS hangs
  FROM webhook_delivery f
  LEFT JOIN webhook_attempt a ON a.delivery_id = f.id AND a.number = f.attempt_count AND a.duration_ms IS NULL
  WHERE f.status = 'pending' AND f.receiver = r.receiver AND f.reserved_until > $1::timestamptz
) AS flight
CROSS JOIN LATERAL (
  SELECT array_agg(w.id ORDER BY w.next_attempt_at, w.id) AS ids, min(w.next_attempt_at) AS since
  FROM (
    SELECT id, next_attempt_at FROM webhook_delivery
    WHERE status = 'pending' AND receiver = r.receiver AND next_attempt_at <= $1::timestamptz
      AND (reserved_until IS NULL OR reserved_until <= $1::timestamptz)
    ORDER BY next_attempt_at, id LIMIT $3::int
  ) AS w
) AS due
WHERE flight.count > 0 OR due.ids IS NOT NULL`

/**
 * Reserves the deliveries $1 until $2, but for those that somebody else has reserved beyond now ($3). Locks: their rows, but
 * for those that another statement has locked, which is reserving them, or gives them up: the next look finds what is still due.
 */
export const RESERVE_DELIVERIES = `
UPDATE webhook_delivery SET reserved_until = $2::timestamptz
WHERE id IN (
  SELECT id FROM webhook_delivery
  WHERE id = ANY ($1::bigint[]) AND status = 'pending' AND (reserved_until IS NULL OR reserved_until <= $3::timestamptz)
  FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id::float8 AS "deliveryId", turn`
