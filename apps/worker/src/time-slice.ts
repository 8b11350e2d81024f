export interface TimeSliceOptions {
  readonly sliceMs: number
  /** How many jobs wait for a worker. */
  readonly countWaiting: () => Promise<number>
  readonly onError: (error: unknown) => void
}

/**
 * Says when a long import should let others have their turn: once its slice is over and someone waits. Alone, it begins
 * another slice. Asked often and answers at once; the queue is asked in the background.
 */
export function startTimeSlice({ sliceMs, countWaiting, onError }: TimeSliceOptions): () => boolean {
  let endsAt = performance.now() + sliceMs
  let isAsking = false
  let isOver = false
  return () => {
    if (isOver) return true
    if (isAsking || performance.now() < endsAt) return false
    isAsking = true
    countWaiting()
      .then((waiting) => {
        isOver = waiting > 0
      }, onError)
      .finally(() => {
        isAsking = false
        endsAt = performance.now() + sliceMs
      })
      .catch(onError)
    return false
  }
}
