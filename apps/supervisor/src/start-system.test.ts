import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { chooseFreePort, findEmbeddedPostgres, isPortFree, readProcessBirth } from '@importer/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { startSystem, type RunningSystem } from './start-system.ts'

const RUN = fileURLToPath(new URL('../../../scripts/run.mjs', import.meta.url))
const PROGRAM = 'apps/supervisor/src/main.ts'

let root: string
let port: number
let lines: string[]
let systems: RunningSystem[]
let programs: ChildProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'system-'))
  port = await chooseFreePort()
  lines = []
  systems = []
  programs = []
})

afterEach(async () => {
  await Promise.all(systems.map(async (system) => system.stop()))
  for (const program of programs) if (!hasEnded(program)) program.kill('SIGTERM')
  await waitFor('all programs to end', () => programs.every(hasEnded))
  await waitFor('the database to end', () => findEmbeddedPostgres({ dataDir: dataDir() }) === null)
  await rm(root, { recursive: true, force: true })
})

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function dataDir(): string {
  return join(root, 'data')
}

function makeEnvironment(extra: Record<string, string> = {}): Record<string, string | undefined> {
  const blank = { DATABASE_URL: '', REDIS_URL: '', STORAGE_URL: '', PUBLIC_URL: '', BOOTSTRAP_API_KEY: '' }
  return { ...process.env, ...blank, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir(), ...extra }
}

async function start(extra: Record<string, string> = {}, signal?: AbortSignal): Promise<RunningSystem> {
  const system = await startSystem({
    env: makeEnvironment(extra),
    output: (line) => lines.push(line),
    ...(signal === undefined ? {} : { signal }),
  })
  systems.push(system)
  return system
}

async function waitFor(what: string, isTrue: () => unknown): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}; told so far:\n${lines.join('\n')}`)
    await delay(20)
  }
}

async function isAnswering(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** Our children of that program, by the notes of the supervisor and their command lines. */
async function findChild(app: string): Promise<number | undefined> {
  for (const note of await readdir(join(dataDir(), 'children'))) {
    const pid = Number(note.split('.')[0])
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(`apps/${app}/`)) return pid
  }
  return undefined
}

interface Program {
  readonly process: ChildProcess
  readonly output: () => string
}

function launch(command: string, args: string[], extra: Record<string, string> = {}): Program {
  const child = spawn(command, args, { env: makeEnvironment(extra), stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
    })
  }
  programs.push(child)
  return { process: child, output: () => output }
}

async function launchUntilReady(): Promise<Program> {
  const program = launch(process.execPath, [RUN, PROGRAM])
  await waitFor('the program to be ready', () => {
    if (hasEnded(program.process)) throw new Error(`it ended:\n${program.output()}`)
    return program.output().includes('Ctrl-C stops')
  })
  return program
}

describe('the whole system', { timeout: 120_000 }, () => {
  it('starts, keeps its key, is refused a second time, and stops without a trace', async () => {
    const first = await start()
    expect(first).toMatchObject({ url: `http://127.0.0.1:${port}`, orgId: 1, isNewApiKey: true })
    expect(await isAnswering(first.url)).toBe(true)
    const answer = await fetch(`${first.url}/v1/reference/tills`, {
      headers: { authorization: `Bearer ${first.apiKey}` },
    })
    expect(answer.status).not.toBe(401)
    await expect(start()).rejects.toThrow(
      new RegExp(
        `^DATA_DIR ${dataDir()} is in use by process ${process.pid}; stop that one or choose another DATA_DIR$`,
      ),
    )
    expect(await isAnswering(first.url)).toBe(true)
    await first.stop()
    expect(await readdir(join(dataDir(), 'children'))).toEqual([])
    expect(findEmbeddedPostgres({ dataDir: dataDir() })).toBeNull()
    expect(await isPortFree(port, '127.0.0.1')).toBe(true)

    const given = await start({ BOOTSTRAP_API_KEY: 'a-key-of-my-own-1234', BOOTSTRAP_ORG_ID: '7' })
    expect(given).toMatchObject({ orgId: 7, apiKey: 'a-key-of-my-own-1234', apiKeyFile: null, isNewApiKey: false })
    await given.stop()

    const again = await start()
    expect(again).toMatchObject({ apiKey: first.apiKey, isNewApiKey: false })
    expect(lines).toEqual(['Creating a PostgreSQL database cluster…'])
  })

  it.runIf(process.platform === 'linux')('brings back whatever is killed, the database included', async () => {
    const { url } = await start()
    for (const app of ['worker', 'intake']) {
      const pid = await findChild(app)
      process.kill(pid ?? 0, 'SIGKILL')
      await waitFor(`the ${app} to be back`, () => lines.includes(`The ${app} is back`))
      expect(await findChild(app)).not.toBe(pid)
    }
    const children = [await findChild('worker'), await findChild('intake')]
    process.kill(await readServerPid(), 'SIGKILL')
    await waitFor('PostgreSQL to be back', () => lines.includes('PostgreSQL is back'))
    await waitFor('readiness', async () => isAnswering(url))
    expect([await findChild('worker'), await findChild('intake')]).toEqual(children)
    const ends = lines.filter((line) => line.includes('ended'))
    expect(ends).toEqual(
      ['The worker', 'The intake', 'PostgreSQL'].map((name) => `${name} ended (SIGKILL); starting it again in 0.1 s`),
    )
  })

  it('leaves nothing running when it is told to stop while it starts', async () => {
    const abort = new AbortController()
    const starting = start({}, abort.signal)
    await waitFor('the first line', () => lines.length > 0)
    abort.abort(new Error('enough'))
    await expect(starting).rejects.toThrow()
    expect(findEmbeddedPostgres({ dataDir: dataDir() })).toBeNull()
    await start()
  })

  it('says in one line which variable is bad, which port is taken, and which program does not start', async () => {
    await expect(start({ PORT: 'http' })).rejects.toThrow(/^PORT is "http"; expected .*$/)
    const rival = createServer().listen(port, '127.0.0.1')
    await once(rival, 'listening')
    await expect(start()).rejects.toThrow(`PORT ${port} is in use by another program; expected a free one`)
    rival.close()
    await once(rival, 'close')
    const nobody = `postgresql://nobody@127.0.0.1:${port}/nothing`
    await expect(start({ DATABASE_URL: nobody })).rejects.toThrow(/^The migration failed: exit code 1: \S.*$/)
    expect(await readdir(dataDir())).not.toContain('postgres')
  })
})

describe('npm start', { timeout: 120_000 }, () => {
  it('just works after SIGKILL of itself, with its children and database left behind', async () => {
    const first = await launchUntilReady()
    expect(first.output()).toContain(`Ready at http://127.0.0.1:${port}\nAPI key: rik_`)
    first.process.kill('SIGKILL')
    const second = await launchUntilReady()
    expect(second.output()).not.toContain('API key: ')
    expect(second.output()).not.toContain('ended')
    expect(await isAnswering(`http://127.0.0.1:${port}`)).toBe(true)
  })

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])('ends with 0 on %s to its whole group, twice', async (signal) => {
    const program = await launchUntilReady()
    const exit = once(program.process, 'exit')
    process.kill(-(program.process.pid ?? 0), signal)
    process.kill(-(program.process.pid ?? 0), signal)
    expect(await exit).toEqual([0, null])
    expect(program.output()).toMatch(/\nStopping…\n$/)
    expect(program.output()).not.toContain('ended')
  })

  it('ends with the shell that npm had started it in', async () => {
    // Not the last command, so that no shell puts it in its own place.
    const shell = launch('/bin/sh', ['-c', `"${process.execPath}" "${RUN}" ${PROGRAM}; true`], {
      npm_lifecycle_event: 'start',
    })
    await waitFor('readiness', () => shell.output().includes('Ctrl-C stops'))
    const intake = (await findChild('intake')) ?? 0
    shell.process.kill('SIGKILL')
    await waitFor('the end', () => shell.output().endsWith('Stopping…\n') && readProcessBirth(intake) === null)
  })

  it('tells a bad variable in one line and exits with 1', async () => {
    const program = launch(process.execPath, [RUN, PROGRAM], { PORT: '70000' })
    expect(await once(program.process, 'close')).toEqual([1, null])
    expect(program.output()).toMatch(/^PORT is "70000"; expected .*\n$/)
  })
})

async function readServerPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir(), 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10)
}
