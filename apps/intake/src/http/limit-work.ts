import type { ServerResponse } from 'node:http'

import { ClientGoneError, tooBusy, tooMany } from './api-error.ts'
import { readWaitForClient } from './waiting-for-client.ts'

export interface WorkLimitOptions {
  readonly maxInFlight: number
  readonly maxInFlightPerOrg: number
  readonly maxWaiting: number
  readonly maxWaitingPerOrg: number
  /** A request that waits longer is refused; 20 s unless given. */
  readonly waitTimeoutMs?: number
  /** While others wait, an answer that its client does not take for so long gives up its slot; 5 s unless given. */
  readonly stallTimeoutMs?: number
}

/**
 * Does `work` for an organization once there is a slot for it, and gives what it gives. The signal is aborted when the
 * client is gone: nobody waits for the work any more. Throws a 429 where too much of that organization waits already, a
 * 503 where too much of all waits or the wait was too long, a {@link ClientGoneError} where the client did not wait.
 */
export type WorkLimit = <Result>(
  orgId: number,
  response: ServerResponse,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

interface InFlight {
  readonly orgId: number
  readonly response: ServerResponse
}

interface Waiting {
  readonly orgId: number
  readonly start: () => void
}

const RETRY_AFTER_SECONDS = 2
const WAIT_TIMEOUT_MS = 20_000
const STALL_TIMEOUT_MS = 5_000

/**
 * Bounds expensive work of one kind: so much at once in this process, and of one organization, the others in order. An
 * organization that has its share in flight does not keep those behind it from theirs, and a client that does not read its
 * answer keeps its slot only while nobody waits for one.
 */
export function createWorkLimit(options: WorkLimitOptions): WorkLimit {
  const inFlight = new Map<number, number>()
  const works = new Set<InFlight>()
  let total = 0
  let waiting: Waiting[] = []
  const { waitTimeoutMs = WAIT_TIMEOUT_MS, stallTimeoutMs = STALL_TIMEOUT_MS } = options

  const hasSlot = (orgId: number): boolean =>
    total < options.maxInFlight && (inFlight.get(orgId) ?? 0) < options.maxInFlightPerOrg

  function take(orgId: number): void {
    total += 1
    inFlight.set(orgId, (inFlight.get(orgId) ?? 0) + 1)
  }

  function release(orgId: number): void {
    total -= 1
    const left = (inFlight.get(orgId) ?? 1) - 1
    if (left === 0) inFlight.delete(orgId)
    else inFlight.set(orgId, left)
    const next = waiting.find((candidate) => hasSlot(candidate.orgId))
    if (next === undefined) return
    waiting = waiting.filter((candidate) => candidate !== next)
    take(next.orgId)
    next.start()
  }

  /** Ends the answer that has stood still the longest, of those whose end gives the organization a slot. */
  function endStalled(orgId: number): void {
    const [longest] = [...works]
      .filter((work) => total >= options.maxInFlight || work.orgId === orgId)
      .map(({ response }) => ({ response, waitMs: readWaitForClient(response) }))
      .filter(({ waitMs }) => waitMs >= stallTimeoutMs)
      .toSorted((a, b) => b.waitMs - a.waitMs)
    longest?.response.destroy()
  }

  async function waitForSlot(orgId: number, signal: AbortSignal): Promise<void> {
    const ofOrg = waiting.filter((other) => other.orgId === orgId).length
    if (ofOrg >= options.maxWaitingPerOrg) {
      throw tooMany(
        'TOO_MANY_REQUESTS',
        `${ofOrg} such requests of this organization wait already; expected fewer`,
        RETRY_AFTER_SECONDS,
      )
    }
    if (waiting.length >= options.maxWaiting) throw tooBusy('too many such requests wait already', RETRY_AFTER_SECONDS)
    await new Promise<void>((resolve, reject) => {
      const entry: Waiting = { orgId, start: () => settle(resolve) }
      const giveUp = (error: Error): void => {
        waiting = waiting.filter((other) => other !== entry)
        settle(() => reject(error))
      }
      const timer = setTimeout(() => {
        const message = `there was no slot for this request in ${waitTimeoutMs / 1000} s`
        giveUp(tooBusy(message, RETRY_AFTER_SECONDS))
      }, waitTimeoutMs)
      const stallTimer = setInterval(() => endStalled(orgId), stallTimeoutMs)
      const onGone = (): void => giveUp(new ClientGoneError())
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        clearInterval(stallTimer)
        signal.removeEventListener('abort', onGone)
        end()
      }
      signal.addEventListener('abort', onGone)
      waiting.push(entry)
    })
  }

  return async (orgId, response, work) => {
    const gone = new AbortController()
    const onClose = (): void => gone.abort(new ClientGoneError())
    if (response.destroyed) throw new ClientGoneError()
    response.once('close', onClose)
    try {
      if (hasSlot(orgId)) take(orgId)
      else await waitForSlot(orgId, gone.signal)
      const begun = { orgId, response }
      works.add(begun)
      try {
        return await work(gone.signal)
      } finally {
        works.delete(begun)
        release(orgId)
      }
    } finally {
      response.off('close', onClose)
    }
  }
}
