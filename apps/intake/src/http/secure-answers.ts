import type { IncomingMessage, ServerResponse } from 'node:http'

import cors from 'cors'
import type { RequestHandler } from 'express'

import { ApiError } from './api-error.ts'

/** For answers that are no page: nothing in them may run or be shown in a frame. A page sets a policy of its own. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'"
const YEAR_SECONDS = 31_536_000

/** Headers that every answer has (OWASP REST security cheat sheet), and no request with two hosts. */
export function secureAnswers(publicUrl: string | undefined) {
  const headers = new Map([
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'no-referrer'],
    ['Content-Security-Policy', API_POLICY],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
  ])
  if (publicUrl?.startsWith('https:') === true) {
    headers.set('Strict-Transport-Security', `max-age=${YEAR_SECONDS}; includeSubDomains`)
  }
  return (request: IncomingMessage, response: ServerResponse): void => {
    response.setHeaders(headers)
    // Node keeps the first of two: another server on the way may have kept the second (RFC 9112, 3.2).
    if (countHosts(request.rawHeaders) > 1) {
      const message = 'the request has more than one Host header; expected one'
      throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'Host', message }])
    }
  }
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}

const PREFLIGHT_SECONDS = 600

/** Lets pages of these origins call the API with a key. The session's cookie never goes along: it is of this site alone. */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  return cors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-None-Match',
      'If-Range',
      'Last-Event-ID',
      'Range',
      'X-CAP-API-OAUTH-TOKEN',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'Content-Disposition',
      'Content-Range',
      'ETag',
      'Idempotency-Replayed',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: PREFLIGHT_SECONDS,
  })
}
