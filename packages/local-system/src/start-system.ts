import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { DatabaseUrls } from '@importer/embedded-postgres'
import { ADDRESS_FILE, createOccasionalWarning, describeLocalAddress, type Environment } from '@importer/runtime'

import { ensureApiKeyFile } from './api-key-file.ts'
import { bundlePrograms } from './bundle-programs.ts'
import { runChild, startChild, type ChildOptions } from './child-process.ts'
import { claimPort } from './claim-port.ts'
import { openDataFolder } from './data-folder.ts'
import { readEnvironment, type RawEnvironment } from './env.ts'
import { provideDatabase, type ProvidedDatabase } from './provide-database.ts'
import { Releases } from './releases.ts'
import { reportEvent, superviseProcess, type SupervisedProcess } from './supervise-process.ts'

const DEFAULT_ORG_ID = 1

/** A program that did not end by SHUTDOWN_TIMEOUT_SECONDS, as it does by itself, is killed so much later. */
const KILL_AFTER_MS = 5_000

/** How each program is run: the arguments for Node. */
const PROGRAMS = {
  migrate: { nodeArgs: [] },
  // Bounded, so that it collects its garbage instead of growing with the file that it reads.
  worker: { nodeArgs: ['--max-old-space-size=256'] },
  // Under 250 MiB also while it streams a report of a million rows: it has no use for more.
  intake: { nodeArgs: ['--max-old-space-size=104', '--max-semi-space-size=4'] },
} as const
type Program = keyof typeof PROGRAMS

export interface StartSystemOptions {
  /** as from `process.env`; checked here */
  readonly env: RawEnvironment
  /** gets one line at a time: what takes time, what ended and what is back */
  readonly output: (line: string) => void
  /** gives up a start that is under way */
  readonly signal?: AbortSignal
}

export interface RunningSystem {
  /** where the intake app answers, without a slash at its end */
  readonly url: string
  readonly orgId: number
  /** a key of that organization with role admin */
  readonly apiKey: string
  /** where the key is kept; null when BOOTSTRAP_API_KEY gave it: that one is kept nowhere */
  readonly apiKeyFile: string | null
  /** whether the key was made in this start, so that nobody has seen it yet */
  readonly isNewApiKey: boolean
  /** the folder of intake.log, worker.log, migrate.log and postgres.log */
  readonly logFolder: string
  /** of the database as it is now: one address twice where DATABASE_URL gave it */
  readDatabaseUrls(): DatabaseUrls
  /**
   * Ends intake, worker and PostgreSQL, in this order, each within a deadline. Gives whether each ended as it should; the
   * output has which did not. Never rejects.
   */
  stop(): Promise<boolean>
}

/**
 * Starts everything and resolves when it answers: PostgreSQL unless DATABASE_URL names one, the migrations, the worker
 * and the intake app, which are kept running from then on. A database of DATABASE_URL that is away is waited for, with a line a minute.
 * Throws, with nothing left running, an error whose message is one line for the user: a bad variable, a taken port, a
 * DATA_DIR in use, a database that refuses us, a program that does not start.
 */
export async function startSystem({ env, output, signal }: StartSystemOptions): Promise<RunningSystem> {
  const settings = readEnvironment(env)
  const releases = new Releases(output)
  const stop = async (): Promise<boolean> => releases.run()
  // What is being waited for ends with what it waits for.
  const giveUp = (): void => {
    stop().catch((error: unknown) => output(String(error)))
  }
  signal?.addEventListener('abort', giveUp)
  try {
    const folder = await openDataFolder(settings.DATA_DIR, releases, output)
    const port = await claimPort(settings.HOST, settings.PORT)
    const url = describeLocalAddress(settings.HOST, port)
    keepAddress(url, folder.path, releases)
    const apiKey = chooseApiKey(settings.BOOTSTRAP_API_KEY, folder.path)
    const orgId = settings.BOOTSTRAP_ORG_ID ?? DEFAULT_ORG_ID
    signal?.throwIfAborted()
    // Both take their time, and neither needs the other.
    const bundling = bundlePrograms(folder.path)
    bundling.catch(() => undefined)
    const database = await provideDatabase({
      databaseUrl: settings.DATABASE_URL,
      dataDir: folder.path,
      releases,
      output,
    })
    const bundles: Partial<Record<Program, string>> = await bundling

    const reportWaiting = createOccasionalWarning((_unreported, reason: string) =>
      output(`Waiting for the database: ${reason}`),
    )
    const describeProgram = (program: Program, write: (chunk: Buffer) => void): ChildOptions => ({
      ...PROGRAMS[program],
      stopTimeoutMs: settings.SHUTDOWN_TIMEOUT_SECONDS * 1000 + KILL_AFTER_MS,
      entry: chooseEntry(program, bundles[program]),
      registry: folder.children,
      write,
      onWaiting: reportWaiting,
      env: {
        // From Node 22 on what a program compiles at its start is kept too.
        NODE_COMPILE_CACHE: join(folder.path, 'compiled'),
        ...env,
        PORT: String(port),
        DATA_DIR: folder.path,
        ...describeDatabase(program, database),
        BOOTSTRAP_ORG_ID: String(orgId),
        BOOTSTRAP_API_KEY: apiKey.key,
      },
    })
    const keepRunning = (program: Program): SupervisedProcess => {
      const write = folder.openLog(program)
      const supervised = superviseProcess({
        start: async (giveUpStart) => startChild(describeProgram(program, write), giveUpStart),
        onEvent: (event) => reportEvent(`The ${program}`, event, output),
      })
      releases.add(`The ${program}`, async () => supervised.stop())
      return supervised
    }

    signal?.throwIfAborted()
    await runChild('The migration', describeProgram('migrate', folder.openLog('migrate')), signal)
    signal?.throwIfAborted()
    const children = { worker: keepRunning('worker'), intake: keepRunning('intake') }
    database.onMoved(() => {
      for (const child of Object.values(children)) child.restart().catch((error: unknown) => output(String(error)))
    })
    await Promise.all(
      Object.entries(children).map(async ([program, { ready }]) => {
        await ready.catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error)
          throw new Error(`The ${program} does not start (${reason}); see ${folder.logs}`, { cause: error })
        })
      }),
    )
    signal?.throwIfAborted()

    return {
      url: settings.PUBLIC_URL ?? url,
      orgId,
      apiKey: apiKey.key,
      apiKeyFile: apiKey.file,
      isNewApiKey: apiKey.isNew,
      logFolder: folder.logs,
      readDatabaseUrls: () => database.readUrls(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

/** The migration alone connects as the owner. With a database that was given, DATABASE_APP_ROLE is what the user has set. */
function describeDatabase(program: Program, database: ProvidedDatabase): Record<string, string> {
  const { url, ownerUrl } = database.readUrls()
  const { appRole } = database
  return {
    DATABASE_URL: program === 'migrate' ? ownerUrl : url,
    ...(appRole === undefined ? {} : { DATABASE_APP_ROLE: appRole }),
  }
}

/** A bundle that somebody has cleared away since: the sources do as well. */
function chooseEntry(program: Program, bundle: string | undefined): string {
  if (bundle !== undefined && existsSync(bundle)) return bundle
  return fileURLToPath(new URL(`../../../apps/${program}/src/main.ts`, import.meta.url))
}

interface ChosenApiKey {
  readonly key: string
  readonly file: string | null
  readonly isNew: boolean
}

/** A key from outside is the user's secret: neither kept nor shown. */
function chooseApiKey(given: Environment['BOOTSTRAP_API_KEY'], dataDir: string): ChosenApiKey {
  return given === undefined ? ensureApiKeyFile(dataDir) : { key: given, file: null, isNew: false }
}

/** For the command line: HOST and PORT of the environment may be other ones there, and PORT 0 is any. */
function keepAddress(url: string, dataDir: string, releases: Releases): void {
  const file = join(dataDir, ADDRESS_FILE)
  writeFileSync(file, `${url}\n`, { mode: 0o600 })
  releases.add('the address', () => rmSync(file, { force: true }))
}

/**
 * Lets a program that keeps others running go on when its own output cannot be written: the reader is gone, the terminal
 * was closed (EIO), the disk is full. Nobody is left to notify.
 */
export function ignoreOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
