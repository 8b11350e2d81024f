import { LIMITS } from '@importer/connections'

import { restoreUnavailable } from './database-errors.ts'
import type { Database, Transaction } from './open-database.ts'

/** Long enough for a database that is busy: Prisma's own 5 s would give up what is about to succeed. */
const OPTIONS = { maxWait: LIMITS.database.transactionMs, timeout: LIMITS.database.transactionMs }

/**
 * Several statements, and what is decided between them, as one transaction. Keep it short and rare: it costs a round trip
 * a statement, with locks held. Should this process or its network die in the middle, the database ends the transaction
 * after 10 s, so that a lock is not kept for the hours that TCP takes to notice.
 */
export async function runTransaction<Result>(
  { prisma }: Database,
  use: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  try {
    return await prisma.$transaction(use, OPTIONS)
  } catch (error) {
    throw restoreUnavailable(error)
  }
}
