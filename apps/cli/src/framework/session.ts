import type { ImporterClient } from '@importer/client'
import { renderTable, type TableOptions } from '@importer/client/terminal'
import { toPlainText } from '@importer/contracts'
import pc from 'picocolors'

import { createApi } from '../connection/create-api.ts'
import { findConnection, type ConnectOptions } from '../connection/find-connection.ts'
import type { Server } from '../connection/servers-file.ts'
import { TimeLimitError } from './cli-error.ts'
import type { Screen, Terminal } from './terminal.ts'

/** The options that every command has. */
export interface GlobalOptions extends ConnectOptions {
  readonly json?: true
  readonly quiet?: true
  /** in milliseconds */
  readonly timeout?: number
}

/** One run of one command: who it talks to, how it writes, and until when. */
export interface Session {
  readonly terminal: Terminal
  readonly options: GlobalOptions
  /** Ends with Ctrl-C, SIGTERM and --timeout. */
  readonly signal: AbortSignal
  /** of standard output */
  readonly colours: Colours
  /** A line for a person, on standard error; none with --quiet. */
  readonly notify: (line: string) => void
  /** As it is called here, such as `redemptions wait 7`. */
  readonly nameCommand: (args: string) => string
  /** A table that fits the terminal, if the output is one. */
  readonly table: (head: readonly string[], rows: readonly (readonly string[])[], options?: TableOptions) => string
  readonly connect: () => Promise<Server>
  readonly api: () => Promise<ImporterClient>
}

/** A session and what ends its time limit. */
export function openSession(terminal: Terminal, options: GlobalOptions): { session: Session; close: () => void } {
  const limit = new AbortController()
  const { timeout } = options
  const timer = timeout === undefined ? undefined : setTimeout(() => limit.abort(new TimeLimitError(timeout)), timeout)
  const signal = AbortSignal.any([terminal.signal, limit.signal])
  let connecting: Promise<Server> | undefined
  const connect = async (): Promise<Server> => {
    connecting ??= findConnection(terminal, options)
    return connecting
  }
  const notify = (line: string): void => {
    if (options.quiet !== true) terminal.stderr.write(`${toPlainText(line)}\n`)
  }
  const session: Session = {
    terminal,
    options,
    signal,
    colours: createColours(terminal, terminal.stdout),
    notify,
    nameCommand: (args) =>
      `${terminal.env.programName} ${args}${options.server === undefined ? '' : ` --server ${options.server}`}`,
    table: (head, rows, table) =>
      renderTable(head, rows, {
        width: terminal.stdout.isTTY === true ? terminal.stdout.columns : undefined,
        ...table,
      }),
    connect,
    api: async () => createApi(await connect(), { signal, notify }),
  }
  return { session, close: () => clearTimeout(timer) }
}

type Colours = ReturnType<typeof pc.createColors>

/** Colours for a stream: none where it is no terminal, with NO_COLOR (https://no-color.org) or on a dumb terminal. */
function createColours({ env }: Pick<Terminal, 'env'>, stream: Screen): Colours {
  return pc.createColors(stream.isTTY === true && !env.noColours)
}
