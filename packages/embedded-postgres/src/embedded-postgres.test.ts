import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { queryOnce } from '../../../tests/support/query-once.ts'
import { waitUntil } from '../../../tests/support/wait-until.ts'
import { locateBinaries, type PostgresBinaries } from './binaries.ts'
import { describeClusterFolder, readPidFile } from './cluster-folder.ts'
import { listClusterProcesses } from './cluster-processes.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from './index.ts'

const FAST = { fsync: 'off', shared_buffers: '16MB' }
const FIXTURE = fileURLToPath(new URL('./start-and-stay.fixture.ts', import.meta.url))
const ON_LINUX = process.platform === 'linux'

let root: string
let started: EmbeddedPostgres[]
let lines: string[]

// What mkdtemp makes is closed to others: where the tests run as root, the user postgres cannot pass it.
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'embedded-'))
  started = []
  lines = []
})

afterEach(async () => {
  await Promise.all(started.map(async (postgres) => postgres.stop()))
  await rm(root, { recursive: true, force: true })
})

async function start(
  dataDir: string,
  options: { preferredPort?: number; binaries?: PostgresBinaries } = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: (line) => lines.push(line),
    settings: FAST,
    ...options,
  })
  started.push(postgres)
  return postgres
}

function serverPid(dataDir: string): number {
  const pid = readPidFile(describeClusterFolder(dataDir))?.pid
  if (pid === undefined) throw new Error(`no server in ${dataDir}`)
  return pid
}

describe('an embedded PostgreSQL', () => {
  it('keeps its data over a restart, its password to itself, and is found while it runs', async () => {
    const dataDir = join(root, 'data')
    expect(findEmbeddedPostgres({ dataDir })).toBeNull()
    const first = await start(dataDir)
    expect(findEmbeddedPostgres({ dataDir })).toEqual({ url: first.url, ownerUrl: first.ownerUrl })
    await queryOnce(first.ownerUrl, 'CREATE TABLE kept AS SELECT 7 AS n')
    await first.stop()
    expect(await first.exited).toBe('exit code 0')
    expect(findEmbeddedPostgres({ dataDir })).toBeNull()

    const second = await start(dataDir)
    expect(await queryOnce(second.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
    expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600)
    const wrong = new URL(second.ownerUrl)
    wrong.password = 'guessed'
    await expect(queryOnce(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  })

  it('has a role for the app that owns nothing, in a cluster of an earlier version and after a lost password too', async () => {
    const first = await start(root)
    const { username } = new URL(first.url)
    const attributes = `SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful
      FROM pg_roles WHERE rolname = '${username}'`
    expect(await queryOnce(first.ownerUrl, attributes)).toEqual([{ powerful: false }])
    await expect(queryOnce(first.url, 'CREATE TABLE mine (n int)')).rejects.toThrow(
      'permission denied for schema public',
    )
    const passwordFile = join(root, 'postgres', 'app-password')
    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600)
    await first.stop()

    const again = await start(root, { preferredPort: first.port })
    expect(again.url).toBe(first.url)
    await queryOnce(again.ownerUrl, `DROP ROLE ${username}`)
    await again.stop()
    await rm(passwordFile)

    const made = await start(root, { preferredPort: first.port })
    expect(made.url).not.toBe(first.url)
    expect(await queryOnce(made.url, 'SELECT current_user::text AS role')).toEqual([{ role: username }])
    await expect(queryOnce(first.url, 'SELECT 1')).rejects.toThrow('password authentication failed')
    await rm(passwordFile)
    expect(() => findEmbeddedPostgres({ dataDir: root })).toThrow(
      'app-password is missing; stop npm start and start it again',
    )
  })

  it('is durable, in UTF-8 with the C locale, with checksums, unless set otherwise', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir: root, log: () => undefined, settings: { work_mem: '5MB' } })
    started.push(postgres)
    const names = `'fsync','synchronous_commit','full_page_writes','data_checksums','server_encoding','wal_level',
      'autovacuum','jit','work_mem','listen_addresses'`
    const settings = await queryOnce(postgres.url, `SELECT name, setting FROM pg_settings WHERE name IN (${names})`)
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      wal_level: 'minimal',
      autovacuum: 'on',
      jit: 'off',
      work_mem: '5120',
      listen_addresses: '127.0.0.1',
    })
    expect(
      await queryOnce(postgres.url, 'SELECT datcollate FROM pg_database WHERE datname = current_database()'),
    ).toEqual([{ datcollate: 'C' }])
  })

  it('is refused in one line when its folder is in use, and does not meet that of another folder', async () => {
    const [one, other] = await Promise.all([start(join(root, 'one')), start(join(root, 'other'))])
    expect(one.port).not.toBe(other.port)
    await expect(start(join(root, 'one'))).rejects.toThrow(
      new RegExp(
        `^The PostgreSQL in ${join(root, 'one')} is in use by process ${process.pid}; choose another DATA_DIR$`,
      ),
    )
    await queryOnce(one.ownerUrl, 'CREATE TABLE mine (n int)')
    expect(await queryOnce(other.ownerUrl, `SELECT to_regclass('mine') AS found`)).toEqual([{ found: null }])
  })

  it('lets exactly one in of several that come at once', async () => {
    const results = await Promise.allSettled([start(root), start(root), start(root)])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('takes the preferred port, and another one when that is taken', async () => {
    const first = await start(root)
    await first.stop()
    const second = await start(root, { preferredPort: first.port })
    expect(second.port).toBe(first.port)
    await second.stop()

    const rival = createServer().listen(0, '127.0.0.1')
    await once(rival, 'listening')
    const third = await start(root, { preferredPort: (rival.address() as AddressInfo).port })
    expect(await queryOnce(third.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    rival.close()
  })

  it('says what is wrong with it in one line', async () => {
    const settings = { ...FAST, shared_buffers: 'plenty' }
    await expect(startEmbeddedPostgres({ dataDir: root, log: () => undefined, settings })).rejects.toThrow(
      /^PostgreSQL did not start: FATAL: +invalid value for parameter "shared_buffers": "plenty"$/,
    )
    await start(root)
  })

  it('gives up a start when it gets the signal', async () => {
    const abort = AbortSignal.abort(new Error('enough'))
    await expect(
      startEmbeddedPostgres({ dataDir: root, log: () => undefined, settings: FAST, signal: abort }),
    ).rejects.toThrow('enough')
    expect(listClusterProcesses(describeClusterFolder(root))).toEqual([])
    await start(root)
  })
})

describe('a start after a disaster', () => {
  it('removes a cluster that was left half made', async () => {
    await mkdir(join(root, 'postgres.new-Xy12', 'data', 'base'), { recursive: true })
    await start(root)
    expect((await readdir(root)).toSorted()).toEqual(['logs', 'postgres', 'postgres.lock'])
  })

  it('gets over SIGKILL of the server in the middle of work, on the same port', async () => {
    const first = await start(root)
    await queryOnce(first.ownerUrl, 'CREATE TABLE kept AS SELECT 7 AS n')
    const busy = new pg.Client({ connectionString: first.ownerUrl })
    busy.on('error', () => undefined)
    await busy.connect()
    const work = busy.query('DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$').catch((error: unknown) => error)
    const isWorking = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'DO%' AND state = 'active'`
    await waitUntil('the work had begun', async () => (await queryOnce(first.ownerUrl, isWorking))[0]?.['n'] === 1)

    process.kill(serverPid(root), 'SIGKILL')
    expect(await first.exited).toBe('SIGKILL')
    const second = await start(root, { preferredPort: first.port })
    expect(second.port).toBe(first.port)
    expect(await queryOnce(second.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
    expect(await work).toBeInstanceOf(Error)
  })

  it('is not fooled by a stale postmaster.pid that names a living process', async () => {
    await (await start(root)).stop()
    const { pidFile } = describeClusterFolder(root)
    await writeFile(pidFile, `${process.pid}\n${root}/postgres/data\n1700000000\n5432\n\n127.0.0.1\n1 1\nready   \n`)
    expect(findEmbeddedPostgres({ dataDir: root })).toBeNull()
    const postgres = await start(root)
    expect(findEmbeddedPostgres({ dataDir: root })).toEqual({ url: postgres.url, ownerUrl: postgres.ownerUrl })
  })

  it.runIf(ON_LINUX)('stops the server of a run that was killed, and takes over its data', async () => {
    const owner = await startElsewhere(root)
    const server = serverPid(root)
    const watcher = await findWatcher(server)
    process.kill(watcher, 'SIGKILL')
    await kill(owner)
    expect(listClusterProcesses(describeClusterFolder(root))).toContain(server)

    const postgres = await start(root)
    expect(lines).toContain('Stopped a PostgreSQL that an earlier run had left behind')
    expect(serverPid(root)).not.toBe(server)
    expect(await queryOnce(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('does not let the server outlive its killed owner for long', async () => {
    const owner = await startElsewhere(root)
    await kill(owner)
    await waitUntil('the server had ended', () => listClusterProcesses(describeClusterFolder(root)).length === 0)
  })
})

describe.runIf(process.getuid?.() === 0)('as root', () => {
  // The checkout may lie where only root can pass, its programs too: these are a copy whose folder the tests open and close.
  let programs: string
  let binaries: PostgresBinaries

  beforeEach(async () => {
    programs = await mkdtemp(join(tmpdir(), 'embedded-programs-'))
    await cp(join(dirname(locateBinaries().postgres), '..'), programs, { recursive: true, verbatimSymlinks: true })
    binaries = { initdb: join(programs, 'bin', 'initdb'), postgres: join(programs, 'bin', 'postgres') }
  })

  afterEach(async () => rm(programs, { recursive: true, force: true }))

  it('runs as the user postgres where that user can pass, and keeps the data when it no longer can', async () => {
    await chmod(programs, 0o755)
    await chmod(root, 0o711)
    const dataDir = join(root, 'data')
    const first = await start(dataDir, { binaries })
    const data = join(dataDir, 'postgres', 'data')
    expect((await stat(data)).uid).not.toBe(0)
    expect((await stat(`/proc/${serverPid(dataDir)}`)).uid).not.toBe(0)
    await queryOnce(first.ownerUrl, 'CREATE TABLE kept AS SELECT 7 AS n')
    await first.stop()

    await chmod(root, 0o700)
    await restartAndRead(dataDir)

    // Now it is closed to root without his capabilities as well.
    await chown(root, 65_534, 65_534)
    await restartAndRead(dataDir)

    await chmod(root, 0o711)
    const last = await restartAndRead(dataDir)
    expect(last.uid).not.toBe(0)
  })

  it('keeps the data when the user postgres can no longer pass to the programs, as below the home of root', async () => {
    await chmod(programs, 0o755)
    await chmod(root, 0o711)
    const dataDir = join(root, 'data')
    const first = await start(dataDir, { binaries })
    await queryOnce(first.ownerUrl, 'CREATE TABLE kept AS SELECT 7 AS n')
    await first.stop()

    await chmod(programs, 0o700)
    const closed = await restartAndRead(dataDir)
    // Whoever it runs as, it has none of root's powers but to pass folders.
    expect(closed.capabilities & ~MAY_PASS_FOLDERS).toBe(0n)
  })

  async function restartAndRead(dataDir: string): Promise<{ uid: number; capabilities: bigint }> {
    const postgres = await start(dataDir, { binaries })
    expect(await queryOnce(postgres.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
    const pid = serverPid(dataDir)
    const { uid } = await stat(`/proc/${pid}`)
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
    await postgres.stop()
    return { uid, capabilities: BigInt(`0x${effective}`) }
  }
})

/** CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as bits of /proc/PID/status. */
const MAY_PASS_FOLDERS = 0b110n

/** Another process that starts the folder's PostgreSQL and stays. */
async function startElsewhere(dataDir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  expect(chunk.toString()).toContain('started')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function findWatcher(server: number): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.startsWith('/bin/sh') && command.includes(`\0${server}\0`)) return Number(name)
  }
  throw new Error(`nobody watches over the owner of ${server}`)
}
