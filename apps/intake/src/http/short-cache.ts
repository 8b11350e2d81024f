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
  expiresAt: number
}

/**
 * Makes many askers of the same thing cost one look-up. What was not found or failed is not kept: it may be there a
 * moment later.
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

  async function loadAndForgetNothing(key: string, load: () => Promise<Value | null>): Promise<Value | null> {
    let found = false
    try {
      const value = await load()
      found = value !== null
      return value
    } finally {
      if (!found) entries.delete(key)
    }
  }

  return {
    get(key, load) {
      const now = performance.now()
      const known = entries.get(key)
      if (known !== undefined && known.expiresAt > now) return known.value
      entries.delete(key)
      dropOldEntries(now)
      const entry: Entry<Value> = { value: loadAndForgetNothing(key, load), expiresAt: now + ttlMs }
      entries.set(key, entry)
      entry.value.then(
        (value) => {
          if (value !== null) entry.expiresAt = Math.min(entry.expiresAt, now + ttlOf(value))
        },
        // Whoever asked for it hears of it.
        () => undefined,
      )
      return entry.value
    },
    forget(key) {
      entries.delete(key)
    },
  }
}
