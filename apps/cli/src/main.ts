/** `redemptions …`, and `npm run cli -- …`: the command line. */
import { InterruptedError } from './framework/cli-error.ts'
import { EXIT } from './framework/exit-codes.ts'
import { runCli } from './run-cli.ts'

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Once: a second Ctrl-C ends the process at once.
  process.once(signal, () => interrupted.abort(new InterruptedError()))
}
for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader)

const exitCode = await runCli({
  args: process.argv.slice(2),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
})
// Once all is written; not before its pools have closed their connections by themselves would the process end.
process.stdout.write('', () => process.exit(exitCode))

/** `… | head` has seen enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.success)
  throw error
}
