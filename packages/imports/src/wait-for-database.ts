import { setTimeout as delay } from 'node:timers/promises'

import { UnavailableError } from '@importer/contracts'
import { checkSchema, type Database } from '@importer/db'
import type { Logger } from '@importer/runtime'

const LOOK_EVERY_MS = 1_000

export interface WaitForDatabaseOptions {
  readonly database: Database
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Ends the wait. */
  readonly signal: AbortSignal
}

/**
 * Waits until the database answers and holds the schema of this version; false: the wait was ended before. Each reason to
 * wait is one line in the log, however long it holds.
 */
export async function waitForDatabase({ database, log, signal }: WaitForDatabaseOptions): Promise<boolean> {
  let known: string | undefined
  while (!signal.aborted) {
    try {
      await checkSchema(database)
      if (known !== undefined) log.info('the database can be worked with now')
      return true
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      if (error.message !== known) log.warn({ reason: error.message }, `waiting: ${error.message}`)
      known = error.message
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
  return false
}
