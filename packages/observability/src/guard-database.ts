import { setTimeout as delay } from 'node:timers/promises'

import { TransactionPoolerError } from '@importer/db'
import type { Logger } from '@importer/runtime'

import { describeFailure, StillStartingError } from './describe-failure.ts'

export interface DatabaseGuard {
  /**
   * Why nobody may work with the database, in words for everyone to read; null: everybody may, from the first good
   * {@link DatabaseGuard.check} on. A database that is away afterwards is met by whoever asks it. A pooler in transaction mode is
   * not: whose rows a statement sees is a setting of its session, so its answers are wrong.
   */
  readonly fault: string | null
  /** Rejects while the database cannot be worked with. A pooler is checked until it was found good. */
  check(): Promise<void>
  /** Looks again whether connections have sessions of their own: the mode of a pooler can be changed while it runs. */
  checkPoolerAgain(): Promise<void>
}

export interface DatabaseGuardOptions {
  readonly checkSchema: () => Promise<void>
  /** Rejects with a TransactionPoolerError where connections have no sessions of their own. */
  readonly checkPooler: () => Promise<void>
  readonly log: Pick<Logger, 'warn'>
}

export function guardDatabase({ checkSchema, checkPooler, log }: DatabaseGuardOptions): DatabaseGuard {
  let fault: unknown = new StillStartingError('the database was not checked yet')
  return {
    get fault() {
      return fault === null ? null : describeFailure(fault)
    },
    async check() {
      try {
        await checkSchema()
        if (fault === null) return
        await checkPooler()
        fault = null
      } catch (error) {
        if (fault !== null) fault = error
        throw error
      }
    },
    async checkPoolerAgain() {
      try {
        await checkPooler()
      } catch (error) {
        if (error instanceof TransactionPoolerError) fault = error
        else
          log.warn({ err: error }, 'whether a pooler shares sessions could not be checked; it is checked again later')
      }
    },
  }
}

/** Resolves once a pooler is found that gives sessions to others, or when `signal` ends the watch. */
export async function watchPooler(
  guard: DatabaseGuard,
  { signal, everyMs }: { readonly signal: AbortSignal; readonly everyMs: number },
): Promise<void> {
  while (!signal.aborted && guard.fault === null) {
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) await guard.checkPoolerAgain()
  }
}
