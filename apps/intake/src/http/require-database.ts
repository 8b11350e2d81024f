import type { DatabaseGuard } from '@importer/observability'
import type { AdmitRequest } from './admit-requests.ts'
import { ApiError } from './api-error.ts'

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
