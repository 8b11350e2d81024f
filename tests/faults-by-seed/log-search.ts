import { BrokenPromiseError } from './broken-promise.ts'

/** What no fault of a peer or a process may bring about, by what a line has that says so. */
const BROKEN = [
  ['"level":"fatal"', 'a process ended'],
  ['"errorCode":"INTERNAL_ERROR"', 'a request that failed unexpectedly'],
  ['unexpected error', 'an error that nobody expects'],
] as const

/** Searches all that the processes of a run print, as it comes: nothing of it is ever too long ago. */
export class LogSearch {
  #lostImports = 0
  readonly #broken: string[] = []

  search(line: string): void {
    if (line.includes('this worker has lost the import')) this.#lostImports += 1
    for (const [text, what] of BROKEN) if (line.includes(text)) this.#broken.push(`${what}: ${line}`)
  }

  /** How often a worker came back to an import which another one had taken. */
  get lostImports(): number {
    return this.#lostImports
  }

  /** Throws a BrokenPromiseError for what was found since the run began. */
  check(): void {
    if (this.#broken.length > 0) throw new BrokenPromiseError(this.#broken.join('\n'))
  }
}
