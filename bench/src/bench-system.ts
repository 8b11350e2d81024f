import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { createClient, type ImporterClient } from '@importer/client'
import { startSystem } from '@importer/local-system'
import pg from 'pg'

import { readBenchEnvironment, type RawEnvironment } from './env.ts'

export const ORG_ID = 1
/** Imports have ids from here on; lower ones are those of redemptions that were there before. */
const FIRST_IMPORT_ID = 1_000

/** The system as `npm start` runs it, on a database of its own. */
export interface BenchSystem {
  readonly url: string
  readonly apiKey: string
  readonly client: ImporterClient
  /** of the database as the worker has it */
  readonly databaseUrl: string
  /** the same for its owner, who may look at everything */
  readonly ownerUrl: string
  /** the bench's own connection, the owner's */
  readonly sql: pg.Client
  /** the system's DATA_DIR */
  readonly dataDir: string
  /** for what the bench writes, on the same disk */
  readonly filesDir: string
  stop(): Promise<void>
}

export interface StartOptions {
  readonly env: RawEnvironment
  readonly databaseUrl: string | undefined
  readonly print: (line: string) => void
  readonly signal: AbortSignal
}

/** Starts it in a new folder. `stop` removes that folder and, on a server that was given, the database. */
export async function startBenchSystem({ env, databaseUrl, print, signal }: StartOptions): Promise<BenchSystem> {
  const given = readBenchEnvironment(env)
  const serverUrl = databaseUrl ?? given.databaseUrl
  const releases: (() => Promise<unknown>)[] = []
  let hasStarted = false
  const stop = async (): Promise<void> => {
    for (let release = releases.pop(); release !== undefined; release = releases.pop()) await release()
  }
  try {
    const folder = await makeFolder(given.dataDir)
    // The logs of what did not start are all that there is to tell why.
    releases.push(async () => (hasStarted ? rm(folder, { recursive: true, force: true }) : undefined))
    const own = serverUrl === undefined ? undefined : await createDatabase(serverUrl)
    if (own !== undefined) releases.push(own.drop)
    const system = await startSystem({
      env: {
        ...env,
        DATA_DIR: path.join(folder, 'data'),
        DATABASE_URL: own?.url,
        PORT: '0',
        HOST: '127.0.0.1',
        PUBLIC_URL: undefined,
        BOOTSTRAP_ORG_ID: String(ORG_ID),
        BOOTSTRAP_API_KEY: randomBytes(24).toString('hex'),
      },
      output: print,
      signal,
    })
    hasStarted = true
    releases.push(async () => system.stop())
    const database = system.readDatabaseUrls()
    const sql = await connect(database.ownerUrl)
    releases.push(async () => sql.end())
    await sql.query(`ALTER SEQUENCE import_id_seq RESTART ${FIRST_IMPORT_ID}`)
    const filesDir = path.join(folder, 'files')
    await mkdir(filesDir)
    return {
      url: system.url,
      apiKey: system.apiKey,
      client: createClient({ url: system.url, apiKey: system.apiKey, signal }),
      databaseUrl: database.url,
      ownerUrl: database.ownerUrl,
      sql,
      dataDir: path.join(folder, 'data'),
      filesDir,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Connects; whoever asks also ends it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'bench' })
  // Whoever uses it next hears of it.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function makeFolder(dataDir: string | undefined): Promise<string> {
  const parent = dataDir ?? tmpdir()
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(path.join(parent, 'importer-bench-'))
  // PostgreSQL does not run as root: where we are root, its own account must be able to pass through.
  await chmod(folder, 0o755)
  return folder
}

async function createDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `importer_bench_${randomBytes(4).toString('hex')}`
  const runOnServer = async (statement: string): Promise<void> => {
    const server = await connect(serverUrl)
    try {
      await server.query(statement)
    } finally {
      await server.end()
    }
  }
  await runOnServer(`CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: async () => runOnServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}
