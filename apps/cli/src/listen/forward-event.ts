import { Webhook } from 'standardwebhooks'
import { request, type Dispatcher } from 'undici'

import type { ListenEvent } from './follow-events.ts'

export interface Forwarded {
  readonly id: string
  readonly type: string
  readonly importId: number | null
  /** of the receiver's answer; null: there was none */
  readonly status: number | null
  /** Why there was none; null: there was one. */
  readonly error: string | null
  readonly durationMs: number
}

export interface ForwardOptions {
  readonly url: string
  /** `whsec_…` */
  readonly secret: string
  readonly signal: AbortSignal
  readonly dispatcher: Dispatcher
}

/** As real deliveries have it. */
const TIMEOUT_MS = 15_000

/** Posts an event as the importer does: signed by Standard Webhooks, within 15 s, no redirect followed. */
export async function forwardEvent(event: ListenEvent, options: ForwardOptions): Promise<Forwarded> {
  const { url, secret, signal, dispatcher } = options
  const body = JSON.stringify({ type: event.type, timestamp: event.timestamp, data: event.data })
  const at = new Date()
  const startedAt = performance.now()
  const result = {
    id: event.id,
    type: event.type,
    importId: 'id' in event.data && typeof event.data.id === 'number' ? event.data.id : null,
  }
  try {
    const answer = await request(url, {
      method: 'POST',
      dispatcher,
      headers: {
        'user-agent': 'redemption-importer',
        'content-type': 'application/json',
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(event.id, at, body),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await answer.body.dump()
    return { ...result, status: answer.statusCode, error: null, durationMs: measure(startedAt) }
  } catch (error) {
    signal.throwIfAborted()
    return { ...result, status: null, error: describeError(error), durationMs: measure(startedAt) }
  }
}

function measure(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`
  return 'code' in error ? String(error.code) : error.message
}
