import type { Decision } from '@importer/db'

import type { SendResult } from './send-webhook.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long after a failed attempt the next one is made: 27 hours and 35 minutes in all. */
export const RETRY_DELAYS_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR] as const
/** Delays are lengthened by up to this share, so that what failed together does not come back together. */
const JITTER = 0.2
/** An endpoint that has failed for so long, without a success in between, is disabled. */
export const FAILING_LIMIT_MS = 5 * 24 * HOUR
/**
 * An endpoint that was not attempted for so long begins its five days anew with the next failure: nothing is known of the time between, as
 * there was nothing to send, or no worker. Longer than any wait between two attempts at one delivery.
 */
export const QUIET_LIMIT_MS = 2 * 24 * HOUR
/** A delivery that cannot be signed waits as long again as it has waited, within these. */
const UNSIGNED_DELAY_MS = { least: 5 * MINUTE, most: 6 * HOUR } as const
/** A receiver cannot put it off for longer than this. */
const MAX_RETRY_AFTER_MS = 24 * HOUR

export interface AttemptFacts {
  readonly result: SendResult
  /** How many attempts failed before this one since the delivery was made or redelivered: none whose worker died or was stopped. */
  readonly failedAttempts: number
  /** Null: its last attempt succeeded, or there was none. */
  readonly failingSince: Date | null
  /** The last attempt that failed; null: none is known. */
  readonly failedAt: Date | null
  /** Null: the attempt before could be signed, or there was none. */
  readonly unsignedSince: Date | null
  readonly now: Date
  /** From 0 up to 1. */
  readonly random: number
}

const DECIDED = { nextAttemptAt: null, failureCode: null, disableEndpoint: null, receiverFailed: true } as const

/** Success is a complete answer with a status of 200 to 299. */
function isSuccess({ httpStatus, errorCode }: SendResult): boolean {
  return errorCode === null && httpStatus !== null && httpStatus >= 200 && httpStatus < 300
}

/** What becomes of a delivery, and of its endpoint, after an attempt. */
export function decideNext(facts: AttemptFacts): Decision {
  const { result, failedAttempts, unsignedSince, now, random } = facts
  if (isSuccess(result)) return { ...DECIDED, status: 'delivered', receiverFailed: false }
  // Our own doing: it is made again as soon as somebody can.
  if (result.errorCode === 'INTERRUPTED') {
    return { ...DECIDED, status: 'pending', nextAttemptAt: now, receiverFailed: false }
  }
  // Nothing was sent, which does not speak against the receiver: it waits for the operator, and counts for nothing.
  if (result.errorCode === 'SECRET_UNREADABLE') {
    const waitedMs = now.getTime() - (unsignedSince ?? now).getTime()
    const delayMs = Math.min(Math.max(waitedMs, UNSIGNED_DELAY_MS.least), UNSIGNED_DELAY_MS.most)
    const nextAttemptAt = new Date(now.getTime() + lengthen(delayMs, random))
    return { ...DECIDED, status: 'pending', nextAttemptAt, receiverFailed: false }
  }
  const disableEndpoint = findReasonToDisable(facts)
  const delayMs = RETRY_DELAYS_MS[failedAttempts]
  if (delayMs === undefined) {
    return { ...DECIDED, status: 'failed', failureCode: 'ATTEMPTS_EXHAUSTED', disableEndpoint }
  }
  const retryAfterMs = Math.min(readRetryAfter(result.retryAfter, now) ?? 0, MAX_RETRY_AFTER_MS)
  const waitMs = Math.max(lengthen(delayMs, random), retryAfterMs)
  return { ...DECIDED, status: 'pending', nextAttemptAt: new Date(now.getTime() + waitMs), disableEndpoint }
}

function lengthen(delayMs: number, random: number): number {
  return Math.round(delayMs * (1 + JITTER * random))
}

function findReasonToDisable({ result, failingSince, failedAt, now }: AttemptFacts) {
  if (result.httpStatus === 410) return 'GONE'
  const isOver = (since: Date | null, limitMs: number) => since !== null && now.getTime() - since.getTime() >= limitMs
  if (failedAt === null || isOver(failedAt, QUIET_LIMIT_MS)) return null
  return isOver(failingSince, FAILING_LIMIT_MS) ? 'FAILING' : null
}

/**
 * How long `Retry-After` asks to wait, in ms; null when it says nothing that can be read. Whole seconds or a date
 * (RFC 9110, 10.2.3).
 */
function readRetryAfter(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  if (!/^[A-Za-z]{3,9}[, ]/.test(text)) return null
  // One of the three forms of a date, asctime's, names no zone, and means GMT like the others (RFC 9110, 5.6.7).
  const at = Date.parse(/\d$/.test(text) ? `${text} GMT` : text)
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}
