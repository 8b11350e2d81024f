import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { runCli } from '../../apps/cli/src/run-cli.ts'
import { InterruptedError } from '../../apps/cli/src/framework/cli-error.ts'
import { createProgram } from '../../apps/cli/src/create-program.ts'
import { readCliEnvironment } from '../../apps/cli/src/env.ts'
import { TEST_KEY, type RunningSystem } from './running-system.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

export { InterruptedError }
export const REPOSITORY = path.resolve(import.meta.dirname, '../..')

export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly signal?: AbortSignal
  /** As a terminal of so many columns would show it. */
  readonly columns?: number
  /** Called with what is on standard error so far, whenever there is more. */
  readonly onMessages?: (stderr: string) => void
}

/** The command line as a shell calls it, in this very process: in `folder`, with its own configuration. */
export async function runCommandLine(
  args: readonly string[],
  folder: string,
  { env = {}, stdin = '', signal = new AbortController().signal, columns, onMessages }: RunOptions = {},
): Promise<Ended> {
  const screen = (): PassThrough =>
    Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns })
  const stdout = screen()
  const stderr = screen()
  let messages = ''
  stderr.on('data', (chunk: Buffer) => {
    messages += chunk.toString()
    onMessages?.(messages)
  })
  const output = text(stdout)
  const exitCode = await runCli({
    args,
    env: { INIT_CWD: folder, XDG_CONFIG_HOME: path.join(folder, '.config'), ...env },
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
    signal,
  })
  stdout.end()
  stderr.end()
  return { exitCode, stdout: await output, stderr: messages }
}

/** How somebody calls the command line who works with a running system. */
export interface CommandLine {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
}

export async function openCommandLine(system: Pick<RunningSystem, 'port' | 'databaseUrl'>): Promise<CommandLine> {
  const folder = await makeTemporaryFolder()
  const env = {
    REDEMPTIONS_URL: `http://127.0.0.1:${system.port}`,
    REDEMPTIONS_API_KEY: TEST_KEY,
    DATABASE_URL: system.databaseUrl,
  }
  return {
    folder,
    env,
    run: async (args, options = {}) => runCommandLine(args, folder, { ...options, env: { ...env, ...options.env } }),
  }
}

/** The words of a command, as a shell splits it: quotes, and a backslash at the end of a line. */
export function splitWords(line: string): string[] {
  return [...line.replaceAll(/\\\n\s*/g, '').matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(
      /"([^"]*)"|'([^']*)'/g,
      (_whole, double: string | undefined, single: string | undefined) => double ?? single ?? '',
    ),
  )
}

/** Every command with its own help, by its path, such as `keys create`. */
export function listCommands(): { name: string; help: string }[] {
  const written: string[] = []
  const stdout = Object.assign(new PassThrough(), { write: (chunk: string) => written.push(chunk) > 0 })
  const terminal = {
    env: readCliEnvironment({}),
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    signal: new AbortController().signal,
  }
  const program = createProgram({ terminal, end: () => undefined })
  const list = (command: typeof program, name: string): { name: string; help: string }[] => {
    written.length = 0
    command.outputHelp()
    const own = { name, help: written.join('') }
    return [own, ...command.commands.flatMap((sub) => list(sub, `${name} ${sub.name()}`.trim()))]
  }
  return list(program, '')
}

/** The commands in a help's examples, with their continuation lines. */
export function readExamples(help: string): string[] {
  const [, section = ''] = help.split('\nExamples:\n')
  return section
    .split('\n')
    .filter((line) => !/^\s*#/.test(line) && line.trim() !== '')
    .join('\n')
    .split(/(?<!\\)\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
