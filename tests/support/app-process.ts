import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { bundlePrograms } from '@importer/local-system'

import { afterFile, showAtFailure } from './after-file.ts'
import { PrivateTextSearch } from './private-text.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const KEPT_CHARACTERS = 200_000
const SHOWN_CHARACTERS = 4_000

/** Looked for once in each test process. */
let bundles: ReturnType<typeof bundlePrograms> | undefined

/** One of our programs, running as it does in production. */
export interface AppProcess {
  readonly pid: number
  /** Resolves to how it ended: `SIGKILL`, `exit code 1`. Never rejects. */
  readonly exited: Promise<string>
  /** What it has printed, the end of it if that is much. */
  readOutput(): string
  /** Sends a signal and, where that ends it, waits for the end. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<string>
  freeze(): void
  thaw(): void
}

export interface AppOptions {
  readonly env: Readonly<Record<string, string>>
  /** How it says that it is ready; by default over IPC. */
  readonly isReady?: (output: string) => boolean
  /** By default the program of this checkout. */
  readonly file?: string | undefined
  /** Gets each line that it prints, whole, as it comes. */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Starts a program and resolves when it is ready. What still runs when the test file is done is killed; what any has printed
 * that is private fails the file.
 */
export async function startApp(
  app: 'intake' | 'worker' | 'supervisor',
  { env, isReady, file, onLine }: AppOptions,
): Promise<AppProcess> {
  const { PATH = '', HOME = '', CI } = process.env
  const child = spawn(process.execPath, file === undefined ? await nodeArgsOf(app) : [file], {
    // Nothing of whoever runs the tests has a say in what is tested.
    env: { PATH, HOME, ...(CI === undefined ? {} : { CI }), ...env },
    stdio: isReady === undefined ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const privateText = new PrivateTextSearch()
  const ready = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      const readLines = onLine === undefined ? null : splitLines(onLine)
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-KEPT_CHARACTERS)
        privateText.search(text)
        readLines?.(text)
        if (isReady?.(output) === true) resolve('ready')
      })
    }
    child.on('message', () => resolve('ready'))
  })
  const exited = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${app} could not be started: ${await exited.catch(String)}`)

  const started: AppProcess = {
    pid,
    exited,
    readOutput: () => output,
    async kill(signal) {
      child.kill(signal)
      return exited
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  }
  showAtFailure(() => `the end of what ${app} ${pid} printed:\n${output.slice(-SHOWN_CHARACTERS)}`)
  afterFile(async () => {
    await started.kill('SIGKILL')
    const [line] = privateText.found
    if (line !== undefined) throw new Error(`${app} ${pid} printed what nobody but its owner may read: ${line}`)
  })
  const first = await Promise.race([ready, exited])
  if (first !== 'ready') throw new Error(`${app} ended before it was ready (${first}):\n${output}`)
  return started
}

/** Takes a text piece by piece and gives its lines, each when its end has come. */
function splitLines(onLine: (line: string) => void): (piece: string) => void {
  let rest = ''
  return (piece) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}

/** Node's arguments that start a program: intake and worker from their bundles, as npm start does, the others through tsx. */
export async function nodeArgsOf(app: 'intake' | 'worker' | 'supervisor' | 'migrate'): Promise<string[]> {
  if (app === 'supervisor' || app === 'migrate')
    return ['--import', TSX, path.join(ROOT, 'apps', app, 'src', 'main.ts')]
  bundles ??= bundlePrograms(tmpdir())
  return ['--enable-source-maps', (await bundles)[app]]
}
