/** How long an import or a revert runs before it yields to one that waits. */
const SLICE_MS = 1_000

interface TimeSliceOptions {
  /** How many jobs wait for a worker. */
  readonly countWaiting: () => Promise<number>
  readonly onError: (error: unknown) => void
}

/**
 * Decides when a long import or revert yields: once its time slice is over and another job waits. If none waits, another slice
 * begins. The caller may call it often: it answers at once, and counts the waiting jobs in the background.
 */
export function startTimeSlice({ countWaiting, onError }: TimeSliceOptions): () => boolean {
  let endsAt = performance.now() + SLICE_MS
  let isCounting = false
  let isOver = false
  return () => {
    if (isOver) return true
    if (isCounting || performance.now() < endsAt) return false
    isCounting = true
    countWaiting()
      .then((waiting) => {
        isOver = waiting > 0
      }, onError)
      .finally(() => {
        isCounting = false
        endsAt = performance.now() + SLICE_MS
      })
      .catch(onError)
    return false
  }
}
