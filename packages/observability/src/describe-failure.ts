import { UnavailableError } from '@importer/contracts'
import { SchemaFaultError, TransactionPoolerError } from '@importer/db'
import { WrongStorageError } from '@importer/file-store'

/** The process itself is not as far yet; the message says what is missing, for everyone to read. */
export class StillStartingError extends Error {
  override readonly name = 'StillStartingError'
}

/** What an operator needs and everyone may read. Other words may hold an address with a password in it. */
export function describeFailure(error: unknown): string {
  if (error instanceof SchemaFaultError || error instanceof WrongStorageError) return error.message
  if (error instanceof StillStartingError || error instanceof TransactionPoolerError) return error.message
  const code = findCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return `no room is left to store files (${code})`
  return code === undefined ? 'failed' : `failed (${code})`
}

/** The code of the innermost error, which says more than that a peer is unavailable. */
function findCode(error: unknown): string | undefined {
  let code: string | undefined
  for (let current = error, depth = 0; current instanceof Error && depth < 6; depth += 1) {
    const own = 'code' in current ? current.code : undefined
    const isWrapper = current instanceof UnavailableError && code !== undefined
    if (typeof own === 'string' && /^\w{1,40}$/.test(own) && !isWrapper) code = own
    current = current.cause
  }
  return code
}
