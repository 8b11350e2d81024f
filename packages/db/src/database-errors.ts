import { isNetworkFault } from '@importer/contracts'

/** What a PostgreSQL error means for the caller: SQLSTATEs by class, https://www.postgresql.org/docs/18/errcodes-appendix.html */
const CONCURRENCY_STATES = new Set(['40001', '40P01', '23505'])

/**
 * The SQLSTATE of an error from a raw query, if it has one. Prisma wraps the driver's error, and how deep it keeps the
 * original depends on the kind of query, so the chain of causes is walked.
 */
export function sqlStateOf(error: unknown): string | undefined {
  for (let current = error, depth = 0; typeof current === 'object' && current !== null && depth < 6; depth += 1) {
    const { originalCode, code, meta, cause } = current as Record<string, unknown>
    if (typeof originalCode === 'string') return originalCode
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^P\d{4}$/.test(code)) return code
    current = isObject(meta) && isObject(meta['driverAdapterError']) ? meta['driverAdapterError'] : cause
  }
  return undefined
}

/** Two transactions were in each other's way: the same statement, sent again, sees what the other did. */
export function isConcurrencyConflict(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && CONCURRENCY_STATES.has(state)
}

/** Classes 08 (connection), 53 (resources), 57P0x (shutdown, crash, cannot connect now). */
const UNAVAILABLE_STATE = /^(?:08|53|57P0)/

/** How the driver, Node and Prisma's adapter call a connection that broke or could not be made. */
const UNAVAILABLE_TEXT =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|connection terminated|connection timeout|timeout exceeded when trying to connect|can't reach database|server has closed the connection|DatabaseNotReachable|ConnectionClosed|SocketTimeout|Client has encountered a connection error|not queryable/i

/** The database could not be asked, or its answer was lost: whether the statement was carried out is not known. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state !== undefined) return UNAVAILABLE_STATE.test(state)
  for (let current = error, depth = 0; current instanceof Error && depth < 6; depth += 1) {
    if (isNetworkFault(current) || UNAVAILABLE_TEXT.test(current.message)) return true
    current = current.cause
  }
  return false
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
