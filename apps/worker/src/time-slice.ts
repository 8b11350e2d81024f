export interface TimeSliceOptions {
  readonly sliceMs: number
  /** How many jobs wait for a worker. */
  readonly countWaiting: () => Promise<number>
  readonly onError: (error: unknown) => void
}

/**
 * Decides when a long import yields: once its time slice is over and another job waits. If none waits, another slice
 * begins. The caller may call it often: it answers at once, and counts the waiting jobs in the background.
 */
export function startTimeSlice({ sliceMs, countWaiting, onError }: TimeSliceOptions): () => boolean {
  let endsAt = performance.now() + sliceMs
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
        endsAt = performance.now() + sliceMs
      })
      .catch(onError)
    return false
  }
}
