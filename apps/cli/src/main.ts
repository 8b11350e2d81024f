/** `npm run cli -- …`: the client `redemptions`. */
import { EXIT } from './exit-codes.ts'
import { runCli } from './run-cli.ts'

const told = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => told.abort(new Error(`ended by ${signal}`)))
}
for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader)

const exitCode = await runCli({
  args: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: told.signal,
})
// Once all is written; not before its pools have closed their connections by themselves would the process end.
process.stdout.write('', () => process.exit(exitCode))

/** `… | head` has seen enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.success)
  throw error
}
