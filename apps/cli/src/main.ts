/** `redemptions …`, and `npm run cli -- …`: the command line. */
import { InterruptedError } from './framework/cli-error.ts'
import { EXIT } from './framework/exit-codes.ts'
import { watchOutput } from './framework/watch-output.ts'
import { runCli } from './run-cli.ts'

const interrupted = new AbortController()
// SIGHUP: the terminal was closed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)

const finishOutput = watchOutput(process)
const exitCode = await runCli({
  args: process.argv.slice(2),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
})
// Once all is written; not before its pools have closed their connections by themselves would the process end.
process.exit(await finishOutput(exitCode))

/** A second Ctrl-C ends the process at once, by its own exit, so that no temporary file is left. */
function interrupt(): void {
  if (interrupted.signal.aborted) process.exit(EXIT.interrupted)
  interrupted.abort(new InterruptedError())
}
