import type { Database, Transaction } from './open-database.ts'

/**
 * Several statements, and what is decided between them, as one transaction. Keep it short and rare: it costs a round trip
 * a statement, with locks held. Should this process or its network die in the middle, the database ends the transaction
 * after 10 s, so that a lock is not kept for the hours that TCP takes to notice.
 */
export async function runTransaction<Result>(
  database: Database,
  use: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  return database.transaction(use)
}
