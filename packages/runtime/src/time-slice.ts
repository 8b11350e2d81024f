/** How long a piece of work keeps the event loop at most, but for the smallest part that it can be cut into. */
const SLICE_MS = 10

/** Works that wait for their next slice, in order. */
const waiting: (() => void)[] = []

/** One slice of one work in each round of the event loop, however many are under way: in between, all else goes first. */
function startNext(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(startNext)
}

/**
 * Work of a process that others share: after each part of it, `yieldIfOver` lets everything else that waits go first, once
 * the work has kept the event loop for a slice of time. All such works of the process share what they leave.
 */
export class TimeSlice {
  #endsAt = performance.now() + SLICE_MS

  /** Throws the signal's reason where nobody waits for the work any more. */
  async yieldIfOver(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (performance.now() < this.#endsAt) return
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      if (waiting.length === 1) setImmediate(startNext)
    })
    this.#endsAt = performance.now() + SLICE_MS
    signal?.throwIfAborted()
  }
}
