import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { isGone } from '@importer/runtime'

export const DATABASE_NAME = 'redemptions'
export const SUPERUSER = 'postgres'
/** As whom intake, worker and command line connect: it owns nothing and is bound by the rights that migrations grant. */
export const APP_ROLE = 'redemptions_app'

/** Where things lie under a DATA_DIR. The cluster and its passwords are one folder, so that they appear together. */
export interface ClusterFolder {
  readonly home: string
  readonly data: string
  /** of the superuser */
  readonly password: string
  readonly appPassword: string
  readonly pidFile: string
  readonly lock: string
}

export function describeClusterFolder(dataDir: string): ClusterFolder {
  const home = join(dataDir, 'postgres')
  const data = join(home, 'data')
  return {
    home,
    data,
    password: join(home, 'password'),
    appPassword: join(home, 'app-password'),
    pidFile: join(data, 'postmaster.pid'),
    lock: join(dataDir, 'postgres.lock'),
  }
}

export function doesClusterExist(folder: ClusterFolder): boolean {
  return existsSync(folder.home)
}

/** Both addresses of the database `redemptions`, passwords included. */
export interface DatabaseUrls {
  /** For the app's role, which reads and writes rows. */
  readonly url: string
  /** For the superuser, who owns the tables: for migrations. */
  readonly ownerUrl: string
}

export function makeDatabaseUrls(folder: ClusterFolder, port: number): DatabaseUrls {
  if (!existsSync(folder.appPassword)) {
    throw new Error(`${folder.appPassword} is missing; stop npm start and start it again, which makes it`)
  }
  return {
    url: makeUrl(APP_ROLE, folder.appPassword, port, DATABASE_NAME),
    ownerUrl: makeUrl(SUPERUSER, folder.password, port, DATABASE_NAME),
  }
}

/** For the superuser, of the database that every cluster has. */
export function makeAdminUrl(folder: ClusterFolder, port: number): string {
  return makeUrl(SUPERUSER, folder.password, port, 'postgres')
}

export function readPassword(file: string): string {
  return readFileSync(file, 'utf8').trim()
}

function makeUrl(role: string, passwordFile: string, port: number, database: string): string {
  return `postgresql://${role}:${encodeURIComponent(readPassword(passwordFile))}@127.0.0.1:${port}/${database}`
}

/** What a server writes into its folder about itself. */
export interface PidFile {
  readonly pid: number
  readonly port: number
  /** whether it accepts connections */
  readonly isReady: boolean
}

/** Null when there is no such file, or one that is not yet written. */
export function readPidFile(folder: ClusterFolder): PidFile | null {
  let text: string
  try {
    text = readFileSync(folder.pidFile, 'utf8')
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
  // Its lines: pid, data folder, start, port, socket folder, address, shared memory, status.
  const lines = text.split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!Number.isInteger(pid)) return null
  // PostgreSQL before 10 wrote negative ids for single-user servers; they name the process all the same.
  return { pid: Math.abs(pid), port: Number.parseInt(lines[3] ?? '0', 10), isReady: lines[7]?.trim() === 'ready' }
}
