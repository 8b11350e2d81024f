import type { ServerResponse } from 'node:http'

import cors from 'cors'

import type { PrepareAnswer } from './prepare-answer.ts'

/** For answers that are no page: nothing in them may run or be shown in a frame. A page sets a policy of its own. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'"
const YEAR_SECONDS = 31_536_000

/** Headers that every answer has (OWASP REST security cheat sheet). */
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
  return (response: ServerResponse): void => {
    response.setHeaders(headers)
  }
}

const PREFLIGHT_SECONDS = 600

/** Lets pages of these origins call the API with a key. The session's cookie never goes along: it is of this site alone. */
export function allowOrigins(origins: readonly string[]): PrepareAnswer {
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
