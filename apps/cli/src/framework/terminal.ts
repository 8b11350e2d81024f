import type { Readable, Writable } from 'node:stream'

import type { CliEnvironment } from '../env.ts'

export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** What a command has at hand: what it reads, where it writes, and when it is to end. */
export interface Terminal {
  readonly env: CliEnvironment
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** results, for whoever reads our output */
  readonly stdout: Screen
  /** messages and progress, for a person */
  readonly stderr: Screen
  /** Ctrl-C or SIGTERM; its reason is an InterruptedError */
  readonly signal: AbortSignal
}
