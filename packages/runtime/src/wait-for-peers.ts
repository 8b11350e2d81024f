import { setTimeout as delay } from 'node:timers/promises'

import { UnavailableError } from '@importer/contracts'

import type { Logger } from './log.ts'

const LOOK_EVERY_MS = 1_000

export interface WaitForPeersOptions {
  /** By the peer's name; each rejects while that peer cannot be worked with. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Ends the wait. */
  readonly signal: AbortSignal
}

/**
 * Waits until all peers can be worked with, one after the other; false: the wait was ended before. Each reason to wait is
 * one line in the log, however long it holds.
 */
export async function waitForPeers({ checks, log, signal }: WaitForPeersOptions): Promise<boolean> {
  for (const [peer, check] of Object.entries(checks)) {
    let known: string | undefined
    for (let isReady = false; !isReady;) {
      if (signal.aborted) return false
      try {
        await check()
        isReady = true
        if (known !== undefined) log.info({ peer }, `the ${peer} can be worked with now`)
      } catch (error) {
        const reason = explain(error)
        if (reason !== known) log.warn({ peer, reason }, `waiting for the ${peer}: ${reason}`)
        known = reason
        await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  return !signal.aborted
}

function explain(error: unknown): string {
  if (error instanceof UnavailableError && error.advice !== undefined) return error.advice
  return error instanceof Error ? error.message : String(error)
}
