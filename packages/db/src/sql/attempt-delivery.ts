import { buildStatement } from './statement.ts'

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
         coalesce(t.callback_url, e.url) AS url, e.failing_since, e.failed_at, v.body,
         v.import_id, i.traceparent
  FROM taken t JOIN webhook_event v ON v.id = t.event_id LEFT JOIN import i ON i.id = v.import_id
       LEFT JOIN webhook_endpoint e ON e.id = t.endpoint_id
),
begun AS (
  INSERT INTO webhook_attempt (delivery_id, number, url, started_at)
  SELECT id, attempt_count, url, $3::timestamptz FROM target
)
SELECT target.id, target.org_id AS "orgId", target.endpoint_id AS "endpointId", target.turn,
       target.attempt_count AS "number", target.round_attempts AS "failedAttempts", target.webhook_id AS "webhookId",
       target.url, target.failing_since AS "failingSince", target.failed_at AS "failedAt", target.body,
       target.import_id AS "importId", target.traceparent,
       (SELECT a.started_at FROM webhook_attempt a
        WHERE a.delivery_id = target.id AND a.number = target.attempt_count - 1 AND a.error_code = 'SECRET_UNREADABLE'
       ) AS "unsignedSince",
       ARRAY(
         SELECT s.secret FROM webhook_secret s
         WHERE s.org_id = target.org_id AND s.endpoint_id IS NOT DISTINCT FROM target.endpoint_id
           AND (s.expires_at IS NULL OR s.expires_at > $3::timestamptz)
         ORDER BY s.expires_at DESC NULLS FIRST
       ) AS secrets
FROM target`

/**
 * Ends an attempt: what came of it is recorded in any case, but once alone of those in a row that found no secret to sign with,
 * of which there may be any number; the delivery and its endpoint change only if nobody else has
 * taken the delivery on meanwhile, and what a former URL of an endpoint did says nothing about the endpoint.
 * `disableEndpoint` is looked at again: GONE holds while the endpoint still has the attempt's URL, FAILING while it has
 * failed since `failingBefore`, and later than `quietSince`, too: an endpoint that has not begins to fail with this attempt. Where it holds the delivery is given up; else it goes on as `status`, `nextAttemptAt` and
 * `failureCode` say. Gives a row if the delivery was changed. Locks: the endpoint that may be disabled, the delivery, its
 * endpoint; when that is disabled, its pending deliveries that no worker has reserved and no other statement has locked: the
 * latter may wait for the endpoint, and are given up when they are due.
 */
export const END_ATTEMPT = buildStatement<
  | 'delivery'
  | 'turn'
  | 'number'
  | 'url'
  | 'now'
  | 'durationMs'
  | 'httpStatus'
  | 'errorCode'
  | 'answer'
  | 'status'
  | 'nextAttemptAt'
  | 'failureCode'
  | 'disableEndpoint'
  | 'failingBefore'
  | 'quietSince'
  | 'receiverFailed'
>(
  (p) => `
WITH unsigned_before AS (
  SELECT FROM webhook_attempt
  WHERE delivery_id = ${p('delivery', 'bigint')} AND number = ${p('number', 'int')} - 1
    AND error_code = 'SECRET_UNREADABLE' AND ${p('errorCode', 'text')} = 'SECRET_UNREADABLE'
),
to_disable AS (
  SELECT e.id FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
  WHERE d.id = ${p('delivery', 'bigint')} AND d.turn = ${p('turn', 'int')} AND d.status = 'pending'
    AND e.url = ${p('url', 'text')}
    AND CASE ${p('disableEndpoint', 'text')} WHEN 'GONE' THEN true
        WHEN 'FAILING' THEN e.failing_since <= ${p('failingBefore', 'timestamptz')} AND e.failed_at > ${p('quietSince', 'timestamptz')}
        ELSE false END
  FOR NO KEY UPDATE OF e
),
decision AS (
  SELECT d.id,
         CASE WHEN d.endpoint_id IS NULL THEN ${p('disableEndpoint', 'text')} = 'GONE'
              ELSE EXISTS (SELECT FROM to_disable) END AS given_up
  FROM webhook_delivery d WHERE d.id = ${p('delivery', 'bigint')}
),
changed AS (
  UPDATE webhook_delivery d
  SET status = CASE WHEN v.given_up THEN 'failed' ELSE ${p('status', 'text')} END,
      next_attempt_at = CASE WHEN v.given_up THEN NULL ELSE ${p('nextAttemptAt', 'timestamptz')} END,
      reserved_until = NULL,
      attempt_count = d.attempt_count - (SELECT count(*) FROM unsigned_before)::int,
      failure_code = CASE WHEN NOT coalesce(v.given_up, false) THEN ${p('failureCode', 'text')}
                          WHEN ${p('disableEndpoint', 'text')} = 'GONE' THEN 'GONE' ELSE 'ENDPOINT_DISABLED' END,
      round_attempts = d.round_attempts + CASE WHEN ${p('receiverFailed', 'boolean')} THEN 1 ELSE 0 END,
      finished_at = CASE WHEN NOT coalesce(v.given_up, false) AND ${p('status', 'text')} = 'pending' THEN NULL
                         ELSE ${p('now', 'timestamptz')} END
  FROM decision v
  WHERE d.id = v.id AND d.turn = ${p('turn', 'int')} AND d.status = 'pending'
  RETURNING d.id, d.endpoint_id, d.status, d.next_attempt_at, v.given_up
),
forgotten AS (
  DELETE FROM webhook_attempt a USING changed
  WHERE EXISTS (SELECT FROM unsigned_before) AND a.delivery_id = changed.id AND a.number = ${p('number', 'int')}
  RETURNING a.number
),
attempt AS (
  UPDATE webhook_attempt
  SET duration_ms = ${p('durationMs', 'int')}, http_status = ${p('httpStatus', 'int')},
      error_code = ${p('errorCode', 'text')}, answer = ${p('answer', 'text')}
  WHERE delivery_id = ${p('delivery', 'bigint')} AND number = ${p('number', 'int')} AND NOT EXISTS (SELECT FROM forgotten)
),
endpoint AS (
  UPDATE webhook_endpoint e
  SET failing_since = CASE WHEN NOT ${p('receiverFailed', 'boolean')} THEN NULL
                           WHEN e.failed_at > ${p('quietSince', 'timestamptz')} THEN coalesce(e.failing_since, ${p('now', 'timestamptz')})
                           ELSE ${p('now', 'timestamptz')} END,
      failed_at = CASE WHEN ${p('receiverFailed', 'boolean')} THEN ${p('now', 'timestamptz')} ELSE e.failed_at END,
      status = CASE WHEN changed.given_up THEN 'disabled' ELSE e.status END,
      disabled_reason = CASE WHEN changed.given_up THEN ${p('disableEndpoint', 'text')} ELSE e.disabled_reason END
  FROM changed
  WHERE e.id = changed.endpoint_id AND e.status = 'active' AND e.url = ${p('url', 'text')}
    AND (changed.given_up
         OR (${p('receiverFailed', 'boolean')} AND (e.failing_since IS NULL OR e.failed_at IS NULL
             OR e.failed_at <= ${p('now', 'timestamptz')} - interval '1 hour'))
         OR (${p('status', 'text')} = 'delivered' AND e.failing_since IS NOT NULL))
  RETURNING e.id, e.status
),
abandoned AS (
  UPDATE webhook_delivery
  SET status = 'failed', failure_code = 'ENDPOINT_DISABLED', next_attempt_at = NULL, finished_at = ${p('now', 'timestamptz')}
  WHERE id IN (
    SELECT d.id FROM webhook_delivery d JOIN endpoint ON d.endpoint_id = endpoint.id
    WHERE endpoint.status = 'disabled' AND d.status = 'pending' AND d.id <> ${p('delivery', 'bigint')}
      AND (d.reserved_until IS NULL OR d.reserved_until <= ${p('now', 'timestamptz')})
    FOR NO KEY UPDATE OF d SKIP LOCKED
  )
)
SELECT changed.status, changed.next_attempt_at AS "nextAttemptAt",
       EXISTS (SELECT FROM endpoint WHERE status = 'disabled') AS "isDisabled"
FROM changed`,
)
