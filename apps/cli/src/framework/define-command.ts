import type { Command } from 'commander'

import { EXIT, type ExitCode } from './exit-codes.ts'
import { openSession, type GlobalOptions, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'

/** What came of a command. */
export interface Result {
  /** What `--json` prints; null: the command has written its output itself. */
  readonly json: object | null
  /** What a person reads; absent or empty: nothing. */
  readonly text?: string
  /** By default 0. */
  readonly exitCode?: ExitCode
  /** Commands that are useful now, without the program's name. */
  readonly next?: readonly string[]
}

export interface CommandContext {
  readonly terminal: Terminal
  /** Is given the exit code of a command that was done; others throw. */
  readonly end: (code: ExitCode) => void
}

/** A command's action: opens a session, runs, writes the result in the form that was asked for, sets the exit code. */
export function runCommand<Arguments extends readonly unknown[]>(
  { terminal, end }: CommandContext,
  action: (session: Session, ...args: Arguments) => Promise<Result>,
) {
  return async (...received: [...Arguments, Command]): Promise<void> => {
    const command = received.at(-1) as Command
    const args = received.slice(0, -1) as unknown as Arguments
    const { session, close } = openSession(terminal, command.optsWithGlobals<GlobalOptions>())
    try {
      warnOfKey(session)
      const { json, text = '', exitCode = EXIT.success, next = [] } = await action(session, ...args)
      if (json !== null && session.options.json === true) terminal.stdout.write(`${JSON.stringify(json)}\n`)
      else if (json !== null && text !== '') terminal.stdout.write(`${text}\n`)
      for (const [index, words] of next.entries()) {
        session.notify(`${index === 0 ? 'Next:' : '     '} ${session.nameCommand(words)}`)
      }
      end(exitCode)
    } finally {
      close()
    }
  }
}

function warnOfKey({ options, notify }: Session): void {
  if (options.key === undefined) return
  notify('Warning: others on this machine can read --key in the list of processes; use --key-file or redemptions login')
}

/** Examples at the end of a command's help: a sentence, and the commands that do it. A test runs every one. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [sentence: string, line: string])[],
): Command {
  const lines = examples.map(([sentence, line]) => `  # ${sentence}\n  ${line.replaceAll('\n', '\n  ')}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
