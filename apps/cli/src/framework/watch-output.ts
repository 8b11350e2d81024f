import { codeOf } from './cli-error.ts'
import { EXIT, worstOf, type ExitCode } from './exit-codes.ts'
import type { Screen } from './terminal.ts'

interface Outputs {
  readonly stdout: Screen
  readonly stderr: Screen
}

/**
 * Lets a command go on when its output cannot be written. Gives the function that waits for the last write and says what
 * the exit code is then: that of the command, also where the reader has closed its end (`… | head`), or 2 where what was
 * written is lost, as on a full disk.
 */
export function watchOutput({ stdout, stderr }: Outputs): (exitCode: ExitCode) => Promise<ExitCode> {
  const lost: string[] = []
  for (const [name, stream] of [['standard output', stdout] as const, ['standard error', stderr] as const]) {
    stream.on('error', (error) => {
      if (!isClosedByReader(error)) lost.push(`${name} cannot be written (${codeOf(error)})`)
    })
  }
  return async (exitCode) => {
    await Promise.all([flush(stdout), flush(stderr)])
    const [first] = lost
    if (first === undefined) return exitCode
    stderr.write(`redemptions: ${first}; expected an output that takes all that is written\n`)
    await flush(stderr)
    return worstOf([exitCode, EXIT.trouble])
  }
}

/** The reader closed the pipe, as `head` does once it has its lines. */
function isClosedByReader(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

async function flush(stream: Screen): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
