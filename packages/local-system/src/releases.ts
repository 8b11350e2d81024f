type Release = () => Promise<void> | void

/** What was acquired, to be given back in reverse order, also when a start failed half-way. */
export class Releases {
  readonly #stack: { readonly name: string; readonly release: Release }[] = []
  readonly #onError: (line: string) => void
  #running: Promise<void> = Promise.resolve()
  #isClean = true

  /** @param onError gets in one line what could not be released: the others are released all the same */
  constructor(onError: (line: string) => void) {
    this.#onError = onError
  }

  add(name: string, release: Release): void {
    this.#stack.push({ name, release })
  }

  /** Releases all there is. What is added later is released by the next call. Gives whether all of it went well; never rejects. */
  async run(): Promise<boolean> {
    this.#running = this.#running.then(() => this.#drain())
    await this.#running
    return this.#isClean
  }

  async #drain(): Promise<void> {
    for (let next = this.#stack.pop(); next !== undefined; next = this.#stack.pop()) {
      try {
        await next.release()
      } catch (error) {
        this.#isClean = false
        const reason = error instanceof Error ? error.message : String(error)
        this.#onError(`${next.name} was not stopped cleanly: ${reason}`)
      }
    }
  }
}
