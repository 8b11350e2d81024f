import { setImmediate } from 'node:timers/promises'

/** With several such works under way at once, a look at `/healthz` still waits for a fraction of its 250 ms. */
const SLICE_MS = 10

/**
 * Work of a process that others share: after each piece, `yieldIfOver` lets everything else that waits go first, once
 * the work has kept the event loop for a slice of time.
 */
export class TimeSlice {
  #endsAt = performance.now() + SLICE_MS

  /** Throws the signal's reason where nobody waits for the work any more. */
  async yieldIfOver(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (performance.now() < this.#endsAt) return
    await setImmediate()
    this.#endsAt = performance.now() + SLICE_MS
    signal?.throwIfAborted()
  }
}
