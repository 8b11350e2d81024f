import { LIMITS } from '@importer/connections'
import type { WebhookAttemptError } from '@importer/contracts'
import { Client, errors } from 'undici'

import type { ReceiverPolicy } from './address-policy.ts'
import { AddressNotAllowedError, createGuardedConnector, NameNotResolvedError } from './guarded-connector.ts'
import { findUrlFault } from './receiver-url.ts'
import type { ResolveHost } from './resolve-host.ts'

/** For everything together: look-up, connection, request and the whole answer. */
export const ATTEMPT_TIMEOUT_MS = LIMITS.webhook.attemptMs
const MAX_HEADER_BYTES = 16 * 1024
/** How much of an answer is kept. */
const KEPT_BYTES = 1024
/** A receiver that sends more than this is not listened to any longer. */
const MAX_ANSWER_BYTES = 64 * 1024

export interface SendOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly policy: ReceiverPolicy
  readonly resolveHost: ResolveHost
  /** Stops the attempt, whose end is then `INTERRUPTED`. */
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  readonly trustedCertificate?: string | undefined
}

export interface SendResult {
  /** Null: no answer began. */
  readonly httpStatus: number | null
  readonly retryAfter: string | null
  readonly errorCode: WebhookAttemptError | null
  readonly answer: string | null
}

/**
 * Posts a body over a connection of its own, and never throws: whatever the receiver does is a result. Follows no
 * redirect, keeps no connection.
 */
export async function sendWebhook(options: SendOptions): Promise<SendResult> {
  const { policy, resolveHost, timeoutMs = ATTEMPT_TIMEOUT_MS, trustedCertificate } = options
  const result = { httpStatus: null as number | null, retryAfter: null as string | null, answer: null as string | null }
  if (findUrlFault(options.url, policy) !== null) return { ...result, errorCode: 'URL_NOT_ALLOWED' }

  const url = new URL(options.url)
  const client = new Client(url.origin, {
    connect: createGuardedConnector({ policy, resolveHost, timeoutMs, trustedCertificate }),
    // One clock for all of it, below: a receiver that drips is always in time by each of these.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
  })
  // By hand: AbortSignal.any would leave a trace of every attempt on the signal that outlives them all.
  const stopping = new AbortController()
  let reason: WebhookAttemptError | null = null
  const stop = (why: WebhookAttemptError): void => {
    reason ??= why
    stopping.abort()
  }
  const onSignal = (): void => stop('INTERRUPTED')
  const timer = setTimeout(() => stop('TIMEOUT'), timeoutMs)
  options.signal.addEventListener('abort', onSignal, { once: true })
  if (options.signal.aborted) onSignal()
  try {
    const response = await client.request({
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      headers: { 'user-agent': 'redemption-importer', 'content-type': 'application/json', ...options.headers },
      body: options.body,
      signal: stopping.signal,
      reset: true,
    })
    result.httpStatus = response.statusCode
    // Sent twice it is a list, of which the first counts.
    const [retryAfter] = [response.headers['retry-after']].flat()
    result.retryAfter = retryAfter ?? null
    result.answer = await readAnswer(response.body)
    return { ...result, errorCode: null }
  } catch (error) {
    return { ...result, errorCode: reason ?? nameError(error, result.httpStatus !== null) }
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', onSignal)
    await client.destroy()
  }
}

const TLS_CODES = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/
const CUT_CODES = new Set(['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ECONNRESET', 'EPIPE'])

function nameError(error: unknown, hasBegun: boolean): WebhookAttemptError {
  if (error instanceof AddressNotAllowedError) return 'ADDRESS_NOT_ALLOWED'
  if (error instanceof NameNotResolvedError) return 'NAME_NOT_RESOLVED'
  if (error instanceof errors.ConnectTimeoutError) return 'TIMEOUT'
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return 'ANSWER_NOT_HTTP'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (TLS_CODES.test(code)) return 'TLS_FAILED'
  return hasBegun || CUT_CODES.has(code) ? 'ANSWER_CUT_SHORT' : 'CONNECTION_FAILED'
}

/**
 * Reads an answer's body to its end, or until it is too long to care, and gives its first 1 kB as text that does no harm
 * to a log, a terminal or a page: control and invisible characters, and bytes that are no UTF-8, are replaced.
 */
async function readAnswer(body: AsyncIterable<Uint8Array>): Promise<string> {
  const kept: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    if (bytes < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - bytes))
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) break
  }
  return makeShowable(Buffer.concat(kept))
}

function makeShowable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/[^\P{C}\n\t]/gu, '\uFFFD')
}
