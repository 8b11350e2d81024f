import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { chooseFreePort, findEmbeddedPostgres } from '@importer/embedded-postgres'
import { startSystem, type RunningSystem } from '@importer/local-system'
import { afterEach, beforeEach } from 'vitest'

export const RUN = fileURLToPath(new URL('../../../scripts/run.mjs', import.meta.url))
export const PROGRAM = 'apps/supervisor/src/main.ts'

export interface Program {
  readonly process: ChildProcess
  readonly output: () => string
}

/** What one test has: a folder and a port of its own, and all that it started there. */
class SystemFixture {
  readonly lines: string[] = []
  private readonly systems: RunningSystem[] = []
  private readonly programs: ChildProcess[] = []
  private readonly root: string
  readonly port: number

  constructor(root: string, port: number) {
    this.root = root
    this.port = port
  }

  get dataDir(): string {
    return join(this.root, 'data')
  }

  /** Starts the system in this process. */
  async start(extra: Record<string, string> = {}, signal?: AbortSignal): Promise<RunningSystem> {
    const system = await startSystem({
      env: this.makeEnvironment(extra),
      output: (line) => this.lines.push(line),
      ...(signal === undefined ? {} : { signal }),
    })
    this.systems.push(system)
    return system
  }

  launch(command: string, args: string[], extra: Record<string, string> = {}): Program {
    const env = this.makeEnvironment(extra)
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8')
      })
    }
    this.programs.push(child)
    return { process: child, output: () => output }
  }

  /** Runs what `npm start` runs, until it says that it is ready. */
  async launchUntilReady(extra: Record<string, string> = {}): Promise<Program> {
    const program = this.launch(process.execPath, [RUN, PROGRAM], extra)
    await this.waitFor('the program to be ready', () => {
      if (hasEnded(program.process)) throw new Error(`it ended:\n${program.output()}`)
      return program.output().includes('Ctrl-C stops')
    })
    return program
  }

  async waitFor(what: string, isTrue: () => unknown): Promise<void> {
    const deadline = Date.now() + 60_000
    while (!(await isTrue())) {
      if (Date.now() > deadline)
        throw new Error(`waited in vain for ${what}; printed so far:\n${this.lines.join('\n')}`)
      await delay(20)
    }
  }

  async isAnswering(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok
    } catch {
      return false
    }
  }

  /** Our children of that program, by the notes of the supervisor and their command lines. */
  async findChild(app: string): Promise<number | undefined> {
    for (const note of await readdir(join(this.dataDir, 'children'))) {
      const pid = Number(note.split('.')[0])
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (command.includes(`apps/${app}/`)) return pid
    }
    return undefined
  }

  async end(): Promise<void> {
    await Promise.all(this.systems.map(async (system) => system.stop()))
    for (const program of this.programs) if (!hasEnded(program)) program.kill('SIGTERM')
    await this.waitFor('all programs to end', () => this.programs.every(hasEnded))
    await this.waitFor('the database to end', () => findEmbeddedPostgres({ dataDir: this.dataDir }) === null)
    await rm(this.root, { recursive: true, force: true })
  }

  private makeEnvironment(extra: Record<string, string>): Record<string, string | undefined> {
    const blank = { DATABASE_URL: '', REDIS_URL: '', STORAGE_URL: '', PUBLIC_URL: '', BOOTSTRAP_API_KEY: '' }
    return { ...process.env, ...blank, PORT: String(this.port), HOST: '127.0.0.1', DATA_DIR: this.dataDir, ...extra }
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Gives each test of the file a fixture of its own, which is gone after it, with all that was started. */
export function useSystemFixture(): () => SystemFixture {
  let fixture: SystemFixture
  beforeEach(async () => {
    fixture = new SystemFixture(await mkdtemp(join(tmpdir(), 'system-')), await chooseFreePort())
  })
  afterEach(async () => fixture.end())
  return () => fixture
}
