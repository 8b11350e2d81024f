import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { acquireInstanceLock, type InstanceLock, InstanceLockedError, RotatingLogFile } from '@importer/runtime'

import { locateBinaries, type PostgresBinaries } from './binaries.ts'
import {
  APP_ROLE,
  DATABASE_NAME,
  describeClusterFolder,
  doesClusterExist,
  makeAdminUrl,
  makeDatabaseUrls,
  readPassword,
  type DatabaseUrls,
} from './cluster-folder.ts'
import { endLeftovers } from './cluster-processes.ts'
import { createCluster, ensureAppPassword, giveOwnership } from './create-cluster.ts'
import { ensureDatabase } from './ensure-database.ts'
import { chooseFreePort, isPortFree } from './free-port.ts'
import { chooseServerAccount } from './server-account.ts'
import { ServerStartError, spawnServer, supportsSetting, type ServerProcess } from './server-process.ts'
import { chooseSettings, type ServerSettings } from './settings.ts'

const LOG_MAX_BYTES = 10 * 1024 ** 2
const LOCK_TIMEOUT_MS = 500
const START_ATTEMPTS = 10
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 2_000

/** What the remains of a killed server, or another program on the port, make a server say: it goes away by itself. */
const PASSING_FAULT =
  /pre-existing shared memory block|lock file .* already exists|could not bind|could not create any TCP/

export interface EmbeddedPostgresOptions {
  /** The cluster lies in `<dataDir>/postgres`, its log is `<dataDir>/logs/postgres.log`. Made when missing. */
  readonly dataDir: string
  /** Gets in one line what takes time or is out of the ordinary. */
  readonly log: (line: string) => void
  /** The port to take if it is free, such as the one from before a restart. */
  readonly preferredPort?: number
  /** On top of the usual ones; tests turn fsync off. */
  readonly settings?: ServerSettings
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
  /** PostgreSQL's programs; those that were installed with the checkout by default. */
  readonly binaries?: PostgresBinaries
}

export interface EmbeddedPostgres extends DatabaseUrls {
  readonly port: number
  /** Resolves when the server has ended, asked to or not, to how: `SIGKILL`, `exit code 1`. Never rejects. */
  readonly exited: Promise<string>
  /** Ends the server, hard if it must be, and gives the folder free. */
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL of a data folder and resolves when it accepts connections. Whatever an earlier run left there is
 * put in order first: a server that outlived it is stopped, remains of a killed one are cleared away.
 *
 * Throws when the folder's PostgreSQL is already in the hands of a live process, or the server cannot start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const lock = await lockFolder(dataDir)
  try {
    const { server, port } = await startServer(dataDir, options)
    const exited = server.exited.finally(() => lock.release())
    const stop = async (): Promise<void> => {
      await server.stop()
      await exited
    }
    return { ...makeDatabaseUrls(describeClusterFolder(dataDir), port), port, exited, stop }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function lockFolder(dataDir: string): Promise<InstanceLock> {
  try {
    return await acquireInstanceLock(describeClusterFolder(dataDir).lock, LOCK_TIMEOUT_MS)
  } catch (error) {
    if (!(error instanceof InstanceLockedError)) throw error
    const message = `The PostgreSQL in ${dataDir} is in use by process ${error.holderPid}; choose another DATA_DIR`
    throw new Error(message, { cause: error })
  }
}

async function startServer(
  dataDir: string,
  { log, preferredPort, settings: overrides = {}, signal, binaries = locateBinaries() }: EmbeddedPostgresOptions,
): Promise<{ server: ServerProcess; port: number }> {
  const folder = describeClusterFolder(dataDir)
  const { initdb, postgres } = binaries
  const account = await chooseServerAccount(dataDir, postgres)
  const sync = overrides['fsync'] !== 'off'
  if (!doesClusterExist(folder)) {
    log('Creating a PostgreSQL database cluster…')
    await createCluster({ folder, account, initdb, sync })
  }
  // Before the server accepts connections: whoever finds it then finds the password too.
  ensureAppPassword(folder, sync)
  if (await endLeftovers(folder)) log('Stopped a PostgreSQL that an earlier run had left behind')
  giveOwnership(folder, account)
  const settings = chooseSettings(
    await supportsSetting({ folder, account, postgres }, 'wal_compression', 'lz4'),
    overrides,
  )

  let port = await choosePort(preferredPort)
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    const logFile = openLog(dataDir, log)
    const server = spawnServer({ folder, account, postgres, port, settings, logFile })
    try {
      await server.waitUntilReady(signal)
      await ensureDatabase(makeAdminUrl(folder, port), {
        name: DATABASE_NAME,
        appRole: APP_ROLE,
        appPassword: readPassword(folder.appPassword),
      })
      return { server, port }
    } catch (error) {
      await server.stop()
      const mayPass = error instanceof ServerStartError && PASSING_FAULT.test(error.output)
      if (!mayPass || attempt === START_ATTEMPTS) throw error
      log(`${error.message}; trying again`)
    }
    await delay(Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS))
    await endLeftovers(folder)
    port = await choosePort(port)
  }
}

function openLog(dataDir: string, log: (line: string) => void): RotatingLogFile {
  const folder = join(dataDir, 'logs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return new RotatingLogFile(join(folder, 'postgres.log'), LOG_MAX_BYTES, (error) => {
    log(`PostgreSQL's log cannot be written: ${String(error)}`)
  })
}

async function choosePort(preferred: number | undefined): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred, '127.0.0.1'))) return preferred
  return chooseFreePort()
}
