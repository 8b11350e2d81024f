import type { IncomingMessage, ServerResponse } from 'node:http'

import type { DatabaseGuard } from '@importer/observability'

import { ApiError } from './api-error.ts'

/** What a request must pass before an API does anything for it. Throws the ApiError that it is refused with. */
export type AdmitRequest = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/**
 * All checks in their order, as one. Each route of an API calls it: a handler that Express mounts for a prefix would cut the
 * path and have it parsed again twice, for each check of each poll.
 */
export function admitRequests(
  checks: readonly AdmitRequest[],
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    for (const check of checks) await check(request, response)
  }
}

/** The wait for a database that was not ready looks every second. */
const RETRY_AFTER_SECONDS = 1

/** In front of every route that asks the database: 503 while the guard says that none may. */
export function requireDatabase(guard: Pick<DatabaseGuard, 'fault'>): AdmitRequest {
  return () => {
    const { fault } = guard
    if (fault === null) return
    const message = `the database cannot be worked with: ${fault}; repeat the request later`
    throw new ApiError(503, [{ code: 'DATABASE_UNAVAILABLE', field: 'request', message }], {
      'Retry-After': String(RETRY_AFTER_SECONDS),
    })
  }
}
