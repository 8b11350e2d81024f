export interface ShortCacheOptions<Value> {
  /** Counted from the moment at which the look-up began, so that nothing older is ever given. */
  readonly ttlMs: number
  /** For what was found, where it is to be kept for less time than `ttlMs`. */
  readonly ttlOf?: (value: Value) => number
  readonly maxEntries: number
}

export interface ShortCache<Value> {
  /** What `load` gives, or gave moments ago, or is about to give to somebody else who asked for the same key. */
  get(key: string, load: () => Promise<Value | null>): Promise<Value | null>
  /** Whoever asks from now on gets what is there now. */
  forget(key: string): void
}

interface Entry<Value> {
  readonly value: Promise<Value | null>
  /** From then on the next request starts a new look-up, and gets the value that is known. */
  refreshAt: number
  expiresAt: number
}

/**
 * Makes many askers of the same thing cost one look-up. What was not found or failed is not kept: it may be there a
 * moment later. What is asked for all the time is looked up again before it expires, so that nobody waits for a busy
 * database meanwhile.
 */
export function createShortCache<Value>({
  ttlMs,
  ttlOf = () => ttlMs,
  maxEntries,
}: ShortCacheOptions<Value>): ShortCache<Value> {
  // In order of insertion, hence of the latest time at which they expire.
  const entries = new Map<string, Entry<Value>>()

  function dropOldEntries(now: number): void {
    for (const [key, entry] of entries) {
      if (entry.expiresAt > now && entries.size < maxEntries) return
      entries.delete(key)
    }
  }

  function keep(key: string, value: Promise<Value | null>, startedAt: number): void {
    entries.delete(key)
    dropOldEntries(startedAt)
    // One look-up at a time: none is begun before this one has an answer.
    const entry: Entry<Value> = { value, refreshAt: Infinity, expiresAt: startedAt + ttlMs }
    entries.set(key, entry)
    const forget = (): void => {
      if (entries.get(key) === entry) entries.delete(key)
    }
    value.then((found) => {
      if (found === null) forget()
      else {
        const ttl = Math.min(ttlMs, ttlOf(found))
        entry.refreshAt = startedAt + ttl / 2
        entry.expiresAt = startedAt + ttl
      }
      // Whoever asked hears of a failure.
    }, forget)
  }

  function refresh(key: string, known: Entry<Value>, load: () => Promise<Value | null>, now: number): void {
    known.refreshAt = Infinity
    load().then(
      (found) => {
        // Forgotten meanwhile, it may be older than what made it so.
        if (entries.get(key) === known) keep(key, Promise.resolve(found), now)
      },
      // The value is good until it expires; the request after that looks it up, and gets a failure.
      () => undefined,
    )
  }

  return {
    async get(key, load) {
      const now = performance.now()
      const known = entries.get(key)
      if (known !== undefined && known.expiresAt > now) {
        if (known.refreshAt <= now) refresh(key, known, load, now)
        return known.value
      }
      const value = load()
      keep(key, value, now)
      return value
    },
    forget(key) {
      entries.delete(key)
    },
  }
}
