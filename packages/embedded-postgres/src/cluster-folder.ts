import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { isGone } from '@importer/runtime'

export const DATABASE_NAME = 'redemptions'
export const SUPERUSER = 'postgres'

/** Where things lie under a DATA_DIR. The cluster and its password are one folder, so that they appear together. */
export interface ClusterFolder {
  readonly home: string
  readonly data: string
  readonly password: string
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
    pidFile: join(data, 'postmaster.pid'),
    lock: join(dataDir, 'postgres.lock'),
  }
}

export function doesClusterExist(folder: ClusterFolder): boolean {
  return existsSync(folder.home)
}

export function makeDatabaseUrl(folder: ClusterFolder, port: number, database: string): string {
  const password = readFileSync(folder.password, 'utf8').trim()
  return `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
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
