import type { Writable } from 'node:stream'

import type { CliEnvironment } from './env.ts'

/** What a command has at hand: where it writes, what it was told, and when it is to end. */
export interface Terminal {
  readonly env: CliEnvironment
  /** results, for whoever reads our output */
  readonly stdout: Writable
  /** words and progress, for a person */
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly signal: AbortSignal
}

export function tell({ stderr }: Terminal, line: string): void {
  stderr.write(`${line}\n`)
}

export function print({ stdout }: Terminal, line: string): void {
  stdout.write(`${line}\n`)
}
