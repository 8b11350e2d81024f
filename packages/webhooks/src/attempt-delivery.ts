import { beginAttempt, endAttempt, type BegunAttempt, type Database, type RecordedEnd } from '@importer/db'
import { NO_TRACING, runInSpan, type Logger, type Span, type Tracing } from '@importer/runtime'

import type { ReceiverPolicy } from './address-policy.ts'
import { decideNext, FAILING_LIMIT_MS, QUIET_LIMIT_MS } from './decide-next.ts'
import type { ResolveHost } from './resolve-host.ts'
import { ATTEMPT_TIMEOUT_MS, sendWebhook, type SendResult } from './send-webhook.ts'
import { signDelivery } from './sign-delivery.ts'

export interface AttemptOptions {
  readonly database: Database
  readonly log: Logger
  readonly policy: ReceiverPolicy
  readonly resolveHost: ResolveHost
  readonly now: () => Date
  /** From 0 up to 1. */
  readonly random: () => number
  readonly timeoutMs?: number
  /** PEM: who may have signed a receiver's certificate; those that Node knows by default. */
  readonly trustedCertificate?: string
  /** Learns how each attempt ended, for the process's metrics. */
  readonly onAttempt?: (result: AttemptResult) => void
  /** Follows the attempt as a step of its import, where that is wanted. */
  readonly tracing?: Tracing
}

/** `retried`: it did not reach its receiver and is tried again. `failed`: it is given up. */
export type AttemptResult = 'delivered' | 'retried' | 'failed'

/**
 * How much longer than its time-out an attempt may stay without a result before it counts as lost: time to begin, to
 * record, and for a busy process to get round to either.
 */
const GRACE_MS = 10_000
const UNSIGNED: SendResult = { httpStatus: null, errorCode: 'SECRET_UNREADABLE', answer: null, retryAfter: null }

/**
 * Makes one attempt at a delivery, if it is still wanted, and records what came of it. Throws only when the database
 * cannot be asked: the delivery is then attempted again once its reservation has ended. So it reaches its receiver at
 * least once, and always under the same webhook-id.
 */
export async function attemptDelivery(
  options: AttemptOptions,
  job: { readonly deliveryId: number; readonly turn: number },
  signal: AbortSignal,
): Promise<void> {
  const { database, timeoutMs = ATTEMPT_TIMEOUT_MS, tracing = NO_TRACING } = options
  const begunAt = options.now()
  const reservedUntil = new Date(begunAt.getTime() + timeoutMs + GRACE_MS)
  const attempt = await beginAttempt(database, { ...job, now: begunAt, reservedUntil })
  if (attempt === null) return
  const span = tracing.startSpan('webhook', {
    kind: 'client',
    parent: attempt.traceparent,
    attributes: {
      'redemptions.org.id': attempt.orgId,
      ...(attempt.importId !== null && { 'redemptions.import.id': attempt.importId }),
      'redemptions.delivery.id': job.deliveryId,
      'redemptions.delivery.attempt': attempt.number,
    },
  })
  await runInSpan(span, async () => makeAttempt(options, job, attempt, { begunAt, signal, span }))
}

async function makeAttempt(
  options: AttemptOptions,
  job: { readonly deliveryId: number },
  attempt: BegunAttempt,
  { begunAt, signal, span }: { readonly begunAt: Date; readonly signal: AbortSignal; readonly span: Span },
): Promise<void> {
  const { database, log } = options
  const startedAt = performance.now()
  const { orgId, endpointId, importId } = attempt
  const ids = { deliveryId: job.deliveryId, orgId, endpointId, importId }
  for (const error of attempt.unreadable) {
    log.error(ids, `a webhook cannot be signed: ${error.message}`)
  }
  // Unsigned, or signed with what is no secret of the receiver's, it would be refused there and given up in the end.
  const isSignable = attempt.secrets.length > 0 || attempt.unreadable.length === 0
  const result = isSignable
    ? await sendWebhook({
        ...options,
        url: attempt.url,
        headers: signDelivery({ ...attempt, sentAt: begunAt }),
        body: attempt.body,
        signal,
      })
    : UNSIGNED
  const durationMs = Math.round(performance.now() - startedAt)
  const now = options.now()
  const decision = decideNext({ ...attempt, result, now, random: options.random() })
  const { httpStatus, errorCode, answer } = result
  span.setAttributes({
    ...(httpStatus !== null && { 'http.response.status_code': httpStatus }),
    ...(errorCode !== null && { 'redemptions.error.code': errorCode }),
  })
  const failingBefore = new Date(now.getTime() - FAILING_LIMIT_MS)
  const quietSince = new Date(now.getTime() - QUIET_LIMIT_MS)
  const end = { ...decision, failingBefore, quietSince, now, durationMs, httpStatus, errorCode, answer }
  const recorded = await endAttempt(database, attempt, end)

  // Nothing that the receiver wrote goes into the log.
  const entry = { ...ids, httpStatus, errorCode, durationMs }
  if (recorded !== null) options.onAttempt?.(nameResult(recorded))
  if (recorded === null) {
    log.info(entry, 'a webhook was sent by somebody else too')
  } else if (recorded.isDisabled) {
    log.warn({ ...entry, reason: decision.disableEndpoint }, 'a webhook endpoint was disabled')
  } else if (recorded.status === 'delivered') {
    log.debug(entry, 'a webhook was delivered')
  } else {
    log.info({ ...entry, nextAttemptAt: recorded.nextAttemptAt }, 'a webhook was not delivered')
  }
}

function nameResult({ status }: RecordedEnd): AttemptResult {
  if (status === 'delivered') return 'delivered'
  return status === 'pending' ? 'retried' : 'failed'
}
