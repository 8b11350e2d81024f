import { isNetworkFault, UnavailableError } from '@importer/contracts'

import { SchemaFaultError } from './migrate/schema-fault.ts'
import { TransactionPoolerError } from './pooler-check.ts'

/** The connection, resources, and a server that starts or stops: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const PASSING_STATES = /^(?:08|53|57P)/

/**
 * Whether the database may be there later though nobody changes a setting. A password, a name of a database, a certificate that it
 * refuses, a pooler and a schema that do not fit wait for somebody.
 */
export function isDatabaseAway(error: unknown): error is UnavailableError {
  if (!(error instanceof UnavailableError) || error.code !== 'DATABASE_UNAVAILABLE') return false
  if (error instanceof SchemaFaultError || error instanceof TransactionPoolerError) return false
  const { cause } = error
  // Without a code it was silent, or closed the connection.
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'string')) return true
  return isNetworkFault(cause) || PASSING_STATES.test(cause.code)
}
