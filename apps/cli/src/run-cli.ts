import type { Writable } from 'node:stream'

import { CommanderError } from 'commander'

import { createProgram } from './create-program.ts'
import { readCliEnvironment } from './env.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

export interface RunCliOptions {
  readonly args: readonly string[]
  /** as from `process.env`; by default that */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdout: Writable
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly signal: AbortSignal
}

/** Does what the arguments say and gives the exit code. What cannot be done is told in one line on `stderr`. */
export async function runCli({ args, env, stdout, stderr, signal }: RunCliOptions): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.success
  try {
    const program = createProgram({ env: readCliEnvironment(env), stdout, stderr, signal }, (code) => {
      exitCode = code
    })
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.success
    stderr.write(`redemptions: ${describe(error)}\n`)
    return EXIT.trouble
  }
}

function describe(error: unknown): string {
  if (error instanceof CommanderError && error.code === 'commander.help') {
    return 'a command is missing; expected upload, status, report, reference or keys (see --help)'
  }
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^error: /, '').replaceAll('\n', ' ')
}
