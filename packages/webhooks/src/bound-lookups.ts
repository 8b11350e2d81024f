import { setTimeout as delay } from 'node:timers/promises'

import type { ResolvedAddress } from './resolve-host.ts'

type Lookup = (host: string) => Promise<readonly ResolvedAddress[]>

interface Wanted {
  readonly host: string
  readonly answer: Promise<readonly ResolvedAddress[]>
  /** Asks; its end is the answer's. */
  readonly begin: () => void
  /** How many wait for it. */
  waiters: number
}

/**
 * Lets few look-ups run at once, as they cannot be stopped: others wait in turn, each name once however many ask for it,
 * and whoever has waited for `waitMs` gives up. What nobody waits for any longer is not asked at all.
 */
export function boundLookups(lookup: Lookup, atOnce: number): (host: string, waitMs: number) => ReturnType<Lookup> {
  const wanted = new Map<string, Wanted>()
  /** In the order of their asking. */
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
    const answered = new AbortController()
    try {
      return await Promise.race([
        entry.answer,
        delay(Math.max(0, waitMs), undefined, { signal: answered.signal }).then(() => {
          throw new Error(`the look-up of ${host} did not end in time`)
        }),
      ])
    } finally {
      answered.abort()
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
