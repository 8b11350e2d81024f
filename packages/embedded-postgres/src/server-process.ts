import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { resolvesWithin, type RotatingLogFile } from '@importer/runtime'

import { readPidFile, type ClusterFolder } from './cluster-folder.ts'
import { sendSignal } from './cluster-processes.ts'
import { commandFor, SERVER_ENVIRONMENT, type ServerAccount } from './server-account.ts'
import type { ServerSettings } from './settings.ts'

const run = promisify(execFile)

const READY_POLL_MS = 10
/** How much of what the server says is kept to explain its end. */
const TAIL_CHARACTERS = 8_192

/** What a server said last may arrive after its end, and the orphans of a killed one keep the pipes open. */
const LAST_WORDS_MS = 200
const FAST_MS = 30_000
const IMMEDIATE_MS = 5_000

/** The server ended before it was ready; `output` is the end of what it said. */
export class ServerStartError extends Error {
  readonly output: string

  constructor(output: string, ending: string) {
    const reason = output.match(/(?:FATAL|PANIC): .*/g)?.at(-1)
    super(`PostgreSQL did not start: ${reason ?? ending}`)
    this.name = 'ServerStartError'
    this.output = output
  }
}

export interface ServerProcess {
  /** The server's own end, asked for or not: `SIGKILL`, `exit code 1`. Never rejects. */
  readonly exited: Promise<string>
  /** Resolves when it accepts connections, after recovery if need be. Throws a {@link ServerStartError}. */
  waitUntilReady(signal: AbortSignal | undefined): Promise<void>
  /** A fast shutdown, then harder ways; resolves at the end. */
  stop(): Promise<void>
}

export interface SpawnServerOptions {
  readonly folder: ClusterFolder
  readonly account: ServerAccount
  readonly postgres: string
  readonly port: number
  readonly settings: ServerSettings
  /** closed when there is nothing more to write */
  readonly logFile: RotatingLogFile
}

export function spawnServer({ folder, account, postgres, port, settings, logFile }: SpawnServerOptions): ServerProcess {
  const serverArgs = ['-D', folder.data, '-p', String(port)]
  for (const [name, value] of Object.entries(settings)) serverArgs.push('-c', `${name}=${value}`)
  const { command, args } = commandFor(account, postgres, serverArgs)
  const child = spawn(command, args, {
    ...account.spawnAs,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C in the terminal is for us, who end the server when nobody needs it any more.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-TAIL_CHARACTERS)
      logFile.write(chunk)
    })
  }
  let ending: string | null = null
  const exited = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      ending ??= how
      resolve(ending)
    }
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`))
  })
  const drained = new Promise<void>((resolve) => {
    child.once('close', () => {
      logFile.close()
      resolve()
    })
  })
  const watcher = watchOverParent(child, logFile)

  async function waitUntilReady(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      if (ending !== null) {
        await resolvesWithin(drained, LAST_WORDS_MS)
        throw new ServerStartError(output, ending)
      }
      const pidFile = readPidFile(folder)
      if (pidFile !== null && pidFile.pid === child.pid && pidFile.isReady) return
      await delay(READY_POLL_MS)
    }
  }

  async function stop(): Promise<void> {
    const steps: [NodeJS.Signals, number][] = [
      ['SIGINT', FAST_MS],
      ['SIGQUIT', IMMEDIATE_MS],
    ]
    for (const [signal, timeoutMs] of steps) {
      if (ending !== null || child.pid === undefined) return
      sendSignal(child.pid, signal)
      if (await resolvesWithin(exited, timeoutMs)) return
    }
    if (child.pid === undefined) return
    sendSignal(child.pid, 'SIGKILL')
    await exited
  }

  return {
    exited: exited.finally(() => {
      watcher?.kill('SIGKILL')
    }),
    waitUntilReady,
    stop,
  }
}

/**
 * Asks the server to end when this process has died without stopping it: a shell waits for the end of a pipe that only
 * this process holds. Without it a killed start would leave a database server running unseen until the next one.
 */
function watchOverParent(server: ChildProcess, logFile: RotatingLogFile): ChildProcess | null {
  if (process.platform === 'win32' || server.pid === undefined) return null
  const watcher = spawn('/bin/sh', ['-c', 'read -r line; kill -INT "$0"', String(server.pid)], {
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without it the next start ends the server all the same.
  watcher.once('error', (error) => logFile.write(Buffer.from(`nobody watches over the parent: ${error.message}\n`)))
  return watcher
}

/** Whether this build of PostgreSQL knows a value of a setting. */
export async function supportsSetting(
  { folder, account, postgres }: Pick<SpawnServerOptions, 'folder' | 'account' | 'postgres'>,
  name: string,
  value: string,
): Promise<boolean> {
  const { command, args } = commandFor(account, postgres, ['-D', folder.data, '-c', `${name}=${value}`, '-C', name])
  try {
    await run(command, args, { ...account.spawnAs, cwd: '/', env: SERVER_ENVIRONMENT })
    return true
  } catch {
    // It says "invalid value" and exits with 1.
    return false
  }
}
