const SILENCE_MS = 60_000

export interface Unreported {
  /** How many warnings were kept back since the one before. */
  readonly keptBack: number
}

/**
 * Passes a warning on at most once a minute, with the number of those that it kept back meanwhile: what goes on for hours
 * does not fill the log.
 */
export function createOccasionalWarning<Arguments extends readonly unknown[]>(
  warn: (unreported: Unreported, ...details: Arguments) => void,
  now: () => number = () => performance.now(),
): (...details: Arguments) => void {
  let silentUntil = -Infinity
  let keptBack = 0
  return (...details) => {
    if (now() < silentUntil) {
      keptBack += 1
      return
    }
    silentUntil = now() + SILENCE_MS
    warn({ keptBack }, ...details)
    keptBack = 0
  }
}
