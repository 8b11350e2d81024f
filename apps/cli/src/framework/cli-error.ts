import type { ExitCode } from './exit-codes.ts'

export interface CliErrorOptions extends ErrorOptions {
  /** By default 2: it was not done. */
  readonly exitCode?: ExitCode
}

/** A command that cannot be done. The message is one line for the user. */
export class CliError extends Error {
  override readonly name: string = 'CliError'
  readonly exitCode: ExitCode

  constructor(message: string, { exitCode = 2, ...options }: CliErrorOptions = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** Ctrl-C or SIGTERM. What was begun at the server goes on there. */
export class InterruptedError extends CliError {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted; nothing more is sent, and what the importer has taken goes on there', { exitCode: 130 })
  }
}

/** The time of `--timeout` is up. */
export class TimeLimitError extends CliError {
  override readonly name = 'TimeLimitError'

  constructor(ms: number) {
    super(`not done within ${ms / 1_000} s (--timeout); what the importer has taken goes on there`)
  }
}

/** Of an error of the operating system its code, such as ENOENT; of another one all of it. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
