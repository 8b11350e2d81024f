/** `npm run cli -- …`: the client `redemptions`. */
import { CommanderError } from 'commander'

import { createProgram } from './create-program.ts'
import { readCliEnvironment } from './env.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

const told = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => told.abort(new Error(`ended by ${signal}`)))
for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader)

let exitCode: ExitCode = EXIT.success
try {
  const terminal = { env: readCliEnvironment(), stdout: process.stdout, stderr: process.stderr, signal: told.signal }
  const program = createProgram(terminal, (code) => {
    exitCode = code
  })
  await program.parseAsync()
} catch (error) {
  exitCode = isHelp(error) ? EXIT.success : EXIT.trouble
  if (exitCode !== EXIT.success) process.stderr.write(`${describe(error)}\n`)
}
// Not before its pools have closed their connections by themselves would the process end.
process.stdout.write('', () => process.exit(exitCode))

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0
}

function describe(error: unknown): string {
  if (error instanceof CommanderError && error.code === 'commander.help') {
    return 'redemptions: a command is missing; expected upload, status, report, reference or keys (see --help)'
  }
  const message = error instanceof Error ? error.message : String(error)
  return `redemptions: ${message.replace(/^error: /, '').replaceAll('\n', ' ')}`
}

/** `… | head` has seen enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(exitCode)
  throw error
}
