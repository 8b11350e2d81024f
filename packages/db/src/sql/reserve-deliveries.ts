import { buildStatement } from './statement.ts'

/**
 * Reserves due deliveries for jobs that are about to be queued, fairly: whatever many dead receivers do, others find a
 * slot. A receiver counts as failing when its endpoint's last attempt failed, when a delivery of its callback host waits
 * for another attempt, or as soon as an attempt hangs (`hangingSince`: it began by then and has not ended).
 *
 * - A receiver has at most `mostPerReceiver` slots, a failing one `mostPerFailing`.
 * - The failing ones of an organization have at most `mostFailingPerOrg`, all failing ones together `mostFailing`.
 * - An organization has at most `mostPerOrg` in all.
 * - Whoever holds fewer slots is served first, so a free slot goes to a receiver that answers, and not to the next
 *   delivery of one that hangs.
 *
 * Plan: the receivers that have something pending are found by hopping over webhook_delivery_due_idx, one probe each, so
 * a receiver with a million waiting deliveries costs what one with a single delivery does. For each: one probe of the
 * same index for the pending delivery that is latest due (one that has failed is due later than new ones), what of it is
 * in hand by webhook_delivery_reserved_idx with the attempts of these few by their key, and the first few due rows.
 * Locks: the reserved rows. Two dispatchers that choose the same row: the second waits, finds it reserved, and leaves it.
 * They are updated by an array of their ids, as the planner would join all that is pending.
 */
export const RESERVE_DELIVERIES = buildStatement<
  | 'now'
  | 'reservedUntil'
  | 'hangingSince'
  | 'mostPerReceiver'
  | 'mostPerFailing'
  | 'mostFailingPerOrg'
  | 'mostFailing'
  | 'mostPerOrg'
  | 'limit'
>(
  (p) => `
WITH RECURSIVE receivers AS (
  (SELECT receiver FROM webhook_delivery WHERE status = 'pending' ORDER BY receiver LIMIT 1)
  UNION ALL
  SELECT (SELECT d.receiver FROM webhook_delivery d
          WHERE d.status = 'pending' AND d.receiver > r.receiver ORDER BY d.receiver LIMIT 1)
  FROM receivers r WHERE r.receiver IS NOT NULL
),
known AS MATERIALIZED (
  SELECT r.receiver, latest.org_id, hand.busy, hand.hangs OR latest.is_failing AS is_failing
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
    SELECT count(*) AS busy, coalesce(bool_or(a.started_at <= ${p('hangingSince', 'timestamptz')}), false) AS hangs
    FROM webhook_delivery b
    LEFT JOIN webhook_attempt a ON a.delivery_id = b.id AND a.number = b.attempt_count AND a.duration_ms IS NULL
    WHERE b.status = 'pending' AND b.receiver = r.receiver AND b.reserved_until > ${p('now', 'timestamptz')}
  ) AS hand
),
due AS (
  SELECT d.id, d.slot, d.next_attempt_at, k.org_id, k.is_failing
  FROM known k
  CROSS JOIN LATERAL (
    SELECT w.id, w.next_attempt_at, k.busy + row_number() OVER (ORDER BY w.next_attempt_at, w.id) AS slot
    FROM webhook_delivery w
    WHERE w.status = 'pending' AND w.receiver = k.receiver AND w.next_attempt_at <= ${p('now', 'timestamptz')}
      AND (w.reserved_until IS NULL OR w.reserved_until <= ${p('now', 'timestamptz')})
    ORDER BY w.next_attempt_at, w.id
    LIMIT greatest(0, CASE WHEN k.is_failing THEN ${p('mostPerFailing', 'int')} ELSE ${p('mostPerReceiver', 'int')} END - k.busy)
  ) AS d
),
held AS (
  SELECT org_id, sum(busy) AS busy, coalesce(sum(busy) FILTER (WHERE is_failing), 0) AS failing_busy
  FROM known GROUP BY org_id
),
within_org AS (
  SELECT due.*, row_number() OVER (PARTITION BY org_id, is_failing ORDER BY slot, next_attempt_at, id) AS rank
  FROM due
),
ranked AS (
  SELECT w.id, w.slot, w.is_failing, w.next_attempt_at, held.busy,
         row_number() OVER (PARTITION BY w.org_id ORDER BY w.is_failing, w.slot, w.next_attempt_at, w.id) AS rank_in_org,
         row_number() OVER (PARTITION BY w.is_failing ORDER BY w.slot, w.next_attempt_at, w.id) AS rank_in_all
  FROM within_org w JOIN held USING (org_id)
  WHERE NOT w.is_failing OR held.failing_busy + w.rank <= ${p('mostFailingPerOrg', 'int')}
),
chosen AS (
  SELECT id FROM ranked
  WHERE busy + rank_in_org <= ${p('mostPerOrg', 'int')}
    AND (NOT is_failing OR (SELECT sum(failing_busy) FROM held) + rank_in_all <= ${p('mostFailing', 'int')})
  ORDER BY is_failing, slot, next_attempt_at, id
  LIMIT ${p('limit', 'int')}
)
UPDATE webhook_delivery w SET reserved_until = ${p('reservedUntil', 'timestamptz')}
WHERE w.id = ANY (ARRAY(SELECT id FROM chosen)) AND w.status = 'pending'
  AND (w.reserved_until IS NULL OR w.reserved_until <= ${p('now', 'timestamptz')})
RETURNING w.id, w.turn`,
)
