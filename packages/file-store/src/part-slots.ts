/** Who waits for a slot; the one that has waited longest gets the next. */
interface Waiter {
  readonly begin: () => void
  /** Refuses it. */
  readonly timer: NodeJS.Timeout
}

/**
 * Bounds the parts of all uploads of a process that are in memory at once: each has a slot with a buffer that is used again, from
 * when it is read into memory until the storage has it. A slot is held for requests to the storage only, which have limits, never
 * for a client. Who waits for a slot is refused with `refusal` once no part at all has been stored for `limitMs`.
 */
export class PartSlots {
  readonly #limitMs: number
  readonly #refusal: () => Error
  readonly #waiting: Waiter[] = []
  readonly #idleBuffers: Buffer[] = []
  #free: number

  constructor(count: number, limitMs: number, refusal: () => Error) {
    this.#free = count
    this.#limitMs = limitMs
    this.#refusal = refusal
  }

  /** Runs `work` in a slot, with at least `bytes` of memory that are its own until it settles. */
  async run(bytes: number, work: (buffer: Buffer) => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1
    else await this.#waitForSlot()
    const idle = this.#idleBuffers.pop()
    const buffer = idle !== undefined && idle.length >= bytes ? idle : Buffer.allocUnsafeSlow(bytes)
    try {
      await work(buffer)
      for (const { timer } of this.#waiting) timer.refresh()
    } finally {
      this.#idleBuffers.push(buffer)
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next.begin()
    }
  }

  async #waitForSlot(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(this.#refusal())
      }, this.#limitMs)
      const waiter = {
        timer,
        begin() {
          clearTimeout(timer)
          resolve()
        },
      }
      this.#waiting.push(waiter)
    })
  }
}
