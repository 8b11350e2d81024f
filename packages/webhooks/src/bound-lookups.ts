import { withTimeout } from '@importer/runtime'

import type { ResolvedAddress } from './resolve-host.ts'

type Lookup = (host: string) => Promise<readonly ResolvedAddress[]>

interface Wanted {
  readonly host: string
  readonly answer: Promise<readonly ResolvedAddress[]>
  /** Starts the look-up, whose end is the answer's. */
  readonly begin: () => void
  /** How many wait for it. */
  waiters: number
}

/**
 * Runs at most `atOnce` look-ups side by side, as none can be stopped. The others wait in a queue, each name once for all
 * callers. A caller gives up after `waitMs`; a name in the queue that has no caller left is dropped.
 */
export function boundLookups(lookup: Lookup, atOnce: number): (host: string, waitMs: number) => ReturnType<Lookup> {
  const wanted = new Map<string, Wanted>()
  /** In the order of the requests. */
  const waiting = new Set<Wanted>()
  let running = 0

  function want(host: string): Wanted {
    const { promise, resolve, reject } = makePromise<readonly ResolvedAddress[]>()
    // Whoever waited may have given up.
    promise.catch(() => undefined)
    const end = (): void => {
      wanted.delete(host)
      running -= 1
      beginNext()
    }
    const begin = (): void => {
      lookup(host).then(resolve, reject).then(end, end)
    }
    const entry = { host, answer: promise, begin, waiters: 0 }
    wanted.set(host, entry)
    waiting.add(entry)
    return entry
  }

  function beginNext(): void {
    for (const entry of waiting) {
      if (running >= atOnce) return
      waiting.delete(entry)
      running += 1
      entry.begin()
    }
  }

  return async (host, waitMs) => {
    const entry = wanted.get(host) ?? want(host)
    beginNext()
    entry.waiters += 1
    try {
      const timedOut = (): Error => new Error(`the look-up of ${host} did not end in time`)
      return await withTimeout(entry.answer, Math.max(0, waitMs), timedOut)
    } finally {
      entry.waiters -= 1
      if (entry.waiters === 0 && waiting.delete(entry)) wanted.delete(host)
    }
  }
}

function makePromise<Value>() {
  let resolve: (value: Value) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<Value>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}
