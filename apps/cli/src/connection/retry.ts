import { setTimeout as delay } from 'node:timers/promises'

import { RequestError } from '@importer/client'

export interface RetryOptions {
  /** How often it is tried again after failures that may pass. */
  readonly retries: number
  readonly signal: AbortSignal
  /** Called before each pause, with one sentence of why. */
  readonly notify: (line: string) => void
  /** Whether what failed may be tried again at all; by default what {@link mayPass} says. */
  readonly isPassing?: (error: unknown) => boolean
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** Who names a longer time than this is not waited for. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000
/** An address at which nobody listens is a mistake more often than a restart. */
const RETRIES_OF_REFUSED = 4
const REFUSED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Runs `attempt` until it succeeds, with pauses that grow, differ from client to client, and honour `Retry-After`. */
export async function retry<Value>(
  attempt: () => Promise<Value>,
  { retries, signal, notify, isPassing = mayPass }: RetryOptions,
): Promise<Value> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      const most = isRefused(error) ? Math.min(retries, RETRIES_OF_REFUSED) : retries
      const pauseMs = choosePause(error, failures)
      if (!isPassing(error) || failures > most || pauseMs > LONGEST_RETRY_AFTER_MS) throw error
      notify(`${describe(error)}; tried again in ${(pauseMs / 1_000).toFixed(1)} s (${failures} of ${most})`)
      await pause(pauseMs, signal)
    }
  }
}

/** Cut and refused connections, 429, 5xx, and a request that is under way elsewhere. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof RequestError)) return false
  return error.mayPass || error.status === 408 || error.code === 'IDEMPOTENCY_KEY_IN_USE'
}

/** Resolves after the time, or rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/** Exponential, and between half and all of it by chance: clients that failed together do not come back together. */
export function choosePause(error: unknown, failures: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
  const chosen = longest * (0.5 + Math.random() / 2)
  const wanted = error instanceof RequestError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0
  return Math.max(chosen, wanted)
}

function isRefused(error: unknown): boolean {
  for (let next = error; next instanceof Error; next = next.cause) {
    if ('code' in next && typeof next.code === 'string' && REFUSED.has(next.code)) return true
  }
  return false
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
