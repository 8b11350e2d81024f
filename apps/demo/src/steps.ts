/** What was done and how long it took. */
export interface Step {
  readonly name: string
  readonly seconds: number
}

/** Runs steps one after the other, prints each and remembers its time. */
export class Steps {
  readonly done: Step[] = []
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  async run<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    this.#print(`${name} …`)
    const startedAt = performance.now()
    const result = await act()
    this.done.push({ name, seconds: (performance.now() - startedAt) / 1000 })
    return result
  }

  get seconds(): number {
    return this.done.reduce((sum, { seconds }) => sum + seconds, 0)
  }
}
