/**
 * Begins an attempt. $1 delivery, $2 the turn for which its job was added, $3 now, $4 reserved until. Gives a row with all
 * that is needed to send it; none when there is nothing to do: the job came late, or the endpoint takes nothing any more,
 * and then the delivery is given up here. Locks: the delivery's row.
 */
export const BEGIN_ATTEMPT = `
WITH wanted AS (
  SELECT d.id, e.status AS endpoint_status
  FROM webhook_delivery d LEFT JOIN webhook_endpoint e ON e.id = d.endpoint_id
  WHERE d.id = $1::bigint AND d.turn = $2::int AND d.status = 'pending'
),
given_up AS (
  UPDATE webhook_delivery d
  SET status = 'failed', next_attempt_at = NULL, reserved_until = NULL, finished_at = $3::timestamptz, turn = d.turn + 1,
      failure_code = CASE w.endpoint_status WHEN 'deleted' THEN 'ENDPOINT_DELETED' ELSE 'ENDPOINT_DISABLED' END
  FROM wanted w
  WHERE d.id = w.id AND d.turn = $2::int AND d.status = 'pending' AND w.endpoint_status <> 'active'
),
taken AS (
  UPDATE webhook_delivery d
  SET turn = d.turn + 1, attempt_count = d.attempt_count + 1, reserved_until = $4::timestamptz
  FROM wanted w
  WHERE d.id = w.id AND d.turn = $2::int AND d.status = 'pending' AND coalesce(w.endpoint_status, 'active') = 'active'
  RETURNING d.*
),
target AS (
  SELECT t.id, t.org_id, t.endpoint_id, t.turn, t.attempt_count, t.round_attempts, t.webhook_id,
         coalesce(t.callback_url, e.url) AS url, e.failing_since, v.body
  FROM taken t JOIN webhook_event v ON v.id = t.event_id LEFT JOIN webhook_endpoint e ON e.id = t.endpoint_id
),
begun AS (
  INSERT INTO webhook_attempt (delivery_id, number, url, started_at)
  SELECT id, attempt_count, url, $3::timestamptz FROM target
)
SELECT target.id, target.org_id AS "orgId", target.endpoint_id AS "endpointId", target.turn,
       target.attempt_count AS "number", target.round_attempts + 1 AS "roundAttempt", target.webhook_id AS "webhookId",
       target.url, target.failing_since AS "failingSince", target.body,
       ARRAY(
         SELECT s.secret FROM webhook_secret s
         WHERE s.org_id = target.org_id AND s.endpoint_id IS NOT DISTINCT FROM target.endpoint_id
           AND (s.expires_at IS NULL OR s.expires_at > $3::timestamptz)
         ORDER BY s.expires_at DESC NULLS FIRST
       ) AS secrets
FROM target`

/**
 * Ends an attempt: what came of it is recorded in any case; the delivery and its endpoint change only if nobody else has
 * taken the delivery on meanwhile. $1 delivery, $2 turn, $3 attempt, $4 now, $5 duration in ms, $6 HTTP status, $7 error,
 * $8 answer, $9 the delivery's status, $10 its next attempt, $11 its failure, $12 why the endpoint is disabled, $13 whether it
 * speaks against the receiver.
 * Locks: the delivery, its endpoint; when that is disabled, all that waits for it and is not in somebody's hands.
 */
export const END_ATTEMPT = `
WITH attempt AS (
  UPDATE webhook_attempt SET duration_ms = $5::int, http_status = $6::int, error_code = $7::text, answer = $8::text
  WHERE delivery_id = $1::bigint AND number = $3::int
),
changed AS (
  UPDATE webhook_delivery
  SET status = $9::text, next_attempt_at = $10::timestamptz, reserved_until = NULL, failure_code = $11::text,
      round_attempts = round_attempts + CASE WHEN $13::boolean THEN 1 ELSE 0 END,
      finished_at = CASE $9::text WHEN 'pending' THEN NULL ELSE $4::timestamptz END
  WHERE id = $1::bigint AND turn = $2::int AND status = 'pending'
  RETURNING id, endpoint_id
),
endpoint AS (
  UPDATE webhook_endpoint e
  SET failing_since = CASE WHEN $13::boolean THEN coalesce(e.failing_since, $4::timestamptz) END,
      status = CASE WHEN $12::text IS NULL THEN e.status ELSE 'disabled' END,
      disabled_reason = coalesce($12::text, e.disabled_reason)
  FROM changed
  WHERE e.id = changed.endpoint_id AND e.status = 'active'
    AND ($12::text IS NOT NULL OR ($13::boolean AND e.failing_since IS NULL)
         OR ($9::text = 'delivered' AND e.failing_since IS NOT NULL))
  RETURNING e.id, e.status
)
UPDATE webhook_delivery d
SET status = 'failed', failure_code = 'ENDPOINT_DISABLED', next_attempt_at = NULL, finished_at = $4::timestamptz
FROM endpoint
WHERE endpoint.status = 'disabled' AND d.endpoint_id = endpoint.id AND d.status = 'pending' AND d.id <> $1::bigint
  AND (d.reserved_until IS NULL OR d.reserved_until <= $4::timestamptz)`
