import { UnavailableError } from '@importer/contracts'
import pg from 'pg'

/**
 * What PostgreSQL answers when it cannot serve now, whatever it was asked. Classes and codes:
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const UNAVAILABLE_CLASSES: ReadonlySet<string> = new Set([
  '08', // the connection
  '53', // disk, memory, or connections used up
  '58', // the server's own files
])
const UNAVAILABLE_STATES: ReadonlySet<string> = new Set([
  '25006', // read only: a standby that was promoted elsewhere
  '25P03', // idle within a transaction for too long
  '25P04', // a transaction that took too long
  '28000', // no such login now
  '28P01', // another password now
  '3D000', // no such database now
  '55P03', // a lock was not given in time
  '57014', // cut off by a timeout or by an operator
  '57P01', // shutting down
  '57P02', // another process crashed
  '57P03', // starting up
  '57P04', // the database was dropped
  '57P05', // idle for too long
])

/** The SQLSTATE of a server's answer; undefined for whatever did not come from the server. */
export function sqlStateOfAnswer(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/**
 * The error as it is, or wrapped as unavailable. An answer of the server is classified by its SQLSTATE alone. Anything
 * else is unavailable when the connection was lost, or not made: that is known to whoever holds the connection, not to
 * the words.
 */
export function classifyPostgresError<Failure>(
  error: Failure,
  { isLost }: { readonly isLost: boolean },
): Failure | UnavailableError {
  if (error instanceof UnavailableError) return error
  const state = sqlStateOfAnswer(error)
  if (state !== undefined) {
    return UNAVAILABLE_CLASSES.has(state.slice(0, 2)) || UNAVAILABLE_STATES.has(state)
      ? describe(`the database refuses for now (SQLSTATE ${state})`, error)
      : error
  }
  if (!isLost) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return describe(`the connection to the database failed${code}`, error)
}

function describe(message: string, cause: unknown): UnavailableError {
  return new UnavailableError('DATABASE_UNAVAILABLE', message, { cause })
}
