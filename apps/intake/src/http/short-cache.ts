export interface ShortCacheOptions {
  /** Counted from the moment at which the look-up began, so that nothing older is ever given. */
  readonly ttlMs: number
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
  readonly expiresAt: number
}

/**
 * Makes many askers of the same thing cost one look-up. What was not found or failed is not kept: it may be there a
 * moment later.
 */
export function createShortCache<Value>({ ttlMs, maxEntries }: ShortCacheOptions): ShortCache<Value> {
  // In order of insertion, hence of expiry.
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
      const value = loadAndForgetNothing(key, load)
      entries.set(key, { value, expiresAt: now + ttlMs })
      return value
    },
    forget(key) {
      entries.delete(key)
    },
  }
}
