import { ignoreOutputErrors } from '@importer/local-system'

export interface Program {
  /** Aborted when the program is to end. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
  /** Releases something at the end, however that comes: the last first. `hasFailed`: what it left may be of use. */
  readonly onEnd: (release: (outcome: { readonly hasFailed: boolean }) => Promise<unknown>) => void
}

/** Runs a program that starts a system of its own, and releases that in any case. One that fails prints why, and the exit code will be 1. */
export async function runToEnd(run: (program: Program) => Promise<void>): Promise<void> {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stopping.abort(new Error(`Ended by ${signal}`)))
  // After `| head` too the program goes on to its end.
  ignoreOutputErrors()
  const releases: Parameters<Program['onEnd']>[0][] = []
  try {
    await run({
      signal: stopping.signal,
      print: (line) => console.log(line),
      onEnd: (release) => {
        releases.unshift(release)
      },
    })
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
  for (const release of releases) await release({ hasFailed: process.exitCode === 1 })
}
