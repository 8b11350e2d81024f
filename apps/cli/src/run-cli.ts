import type { Readable } from 'node:stream'

import { RequestError } from '@importer/client'
import { CommanderError, type Command } from 'commander'

import { createProgram } from './create-program.ts'
import { describeError } from './describe-error.ts'
import { readCliEnvironment } from './env.ts'
import { EXIT, exitCodeOfError, type ExitCode } from './framework/exit-codes.ts'
import { settleOptionalValues } from './framework/optional-values.ts'
import type { Screen } from './framework/terminal.ts'

export interface RunCliOptions {
  readonly args: readonly string[]
  /** as from `process.env`; by default that */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Screen
  readonly stderr: Screen
  /** Ctrl-C or SIGTERM; its reason is an InterruptedError */
  readonly signal: AbortSignal
}

/**
 * Does what the arguments say and gives the exit code. What cannot be done is one line on `stderr`, and with `--json` an
 * object on `stdout`.
 */
export async function runCli({ args, env, ...streams }: RunCliOptions): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.success
  let program: Command | null = null
  try {
    program = createProgram({
      terminal: { env: readCliEnvironment(env), ...streams },
      end: (code) => (exitCode = code),
    })
    await program.parseAsync(settleOptionalValues(args), { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.success
    const message = describeError(error, program, args)
    exitCode = exitCodeOfError(error)
    streams.stderr.write(`redemptions: ${message}\n`)
    if (isJsonWanted(args)) streams.stdout.write(`${JSON.stringify(describeForPrograms(error, message, exitCode))}\n`)
    return exitCode
  }
}

/** Options may be what is wrong: looked for without the parser. */
function isJsonWanted(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).includes('--json')
}

function describeForPrograms(error: unknown, message: string, exitCode: ExitCode): object {
  const { code, status } = error instanceof RequestError ? error : { code: null, status: null }
  return { error: { message, code: error instanceof CommanderError ? error.code : code, status }, exitCode }
}
