import { sqlStateOfAnswer } from '@importer/connections'
import { UnavailableError } from '@importer/contracts'

import { Prisma, type PrismaClient } from './generated/client.ts'

/** Serialization failure, deadlock, unique violation: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const CONCURRENCY_STATES: ReadonlySet<string> = new Set(['40001', '40P01', '23505'])

/** Prisma's own transactions: not begun in time, or not ended in time. What they did is rolled back. */
const TRANSACTION_TIMED_OUT = 'P2028'

/** What a statement that was tried met (try-statement.ts): nothing of it is kept. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly sqlState: string

  constructor(sqlState: string) {
    super(`another transaction was in the way (SQLSTATE ${sqlState})`)
    this.sqlState = sqlState
  }
}

/**
 * The SQLSTATE with which the server answered, if it did. Prisma's adapter keeps it as `originalCode`, and how deep
 * Prisma keeps the adapter's error depends on the kind of query, so the chain of causes is walked.
 */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof ConflictError) return error.sqlState
  for (let current = error, depth = 0; isObject(current) && depth < 6; depth += 1) {
    const { originalCode, meta, cause } = current
    if (typeof originalCode === 'string') return originalCode
    const state = sqlStateOfAnswer(current)
    if (state !== undefined) return state
    current = isObject(meta) && isObject(meta['driverAdapterError']) ? meta['driverAdapterError'] : cause
  }
  return undefined
}

/** Two transactions were in each other's way: the same statement, sent again, sees what the other did. */
export function isConcurrencyConflict(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && CONCURRENCY_STATES.has(state)
}

/**
 * Prisma keeps of an error that it does not know only message and code. What the connection found to be unavailable is
 * made an UnavailableError again, and so are the timeouts of Prisma's own transactions.
 */
export function restoreUnavailable(error: unknown): unknown {
  if (error instanceof UnavailableError || !(error instanceof Prisma.PrismaClientKnownRequestError)) return error
  if (error.code === 'DATABASE_UNAVAILABLE') {
    // Prisma puts the call that failed in front of the connection's own words.
    const reason = error.message.trim().split('\n').at(-1) ?? ''
    return new UnavailableError('DATABASE_UNAVAILABLE', reason, { cause: restoreCause(reason) ?? error })
  }
  if (error.code !== TRANSACTION_TIMED_OUT) return error
  return new UnavailableError('DATABASE_UNAVAILABLE', 'a transaction was not begun or not ended in time', {
    cause: error,
  })
}

/** The code of the connection's own error, which Prisma dropped, stands at the end of what we said of it: `(ECONNREFUSED)`. */
function restoreCause(reason: string): Error | undefined {
  const code = /\((?:SQLSTATE )?(\w+)\)$/.exec(reason)?.[1]
  return code === undefined ? undefined : Object.assign(new Error(reason), { code })
}

/** The same client; its queries, within transactions too, reject with an UnavailableError where that is what happened. */
export function throwUnavailable(prisma: PrismaClient): PrismaClient {
  const extended = prisma.$extends({
    query: {
      async $allOperations({ args, query }) {
        try {
          return (await query(args)) as unknown
        } catch (error) {
          throw restoreUnavailable(error)
        }
      },
    },
  })
  // An extension of queries alone changes no type, which Prisma's types do not know.
  return extended as unknown as PrismaClient
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
