import { execFileSync } from 'node:child_process'
import { readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { isGone, readOfProcess, readProcessStart } from '@importer/runtime'

import { readPidFile, type ClusterFolder } from './cluster-folder.ts'

const FAST_MS = 20_000
const IMMEDIATE_MS = 5_000
const KILL_MS = 5_000
const POLL_MS = 20

/**
 * The live PostgreSQL processes of a cluster: the server and, on Linux, those that it left behind when it was killed.
 * A process id in a file proves nothing, as ids are used again: what counts is that it is PostgreSQL at work in that
 * very folder.
 */
export function listClusterProcesses(folder: ClusterFolder): number[] {
  if (process.platform === 'linux') return listLinuxProcesses(folder)
  const pid = readPidFile(folder)?.pid
  return pid !== undefined && isServerOf(pid, folder) ? [pid] : []
}

function listLinuxProcesses(folder: ClusterFolder): number[] {
  const data = statOrNull(folder.data)
  if (data === null) return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false
      if (readOfProcess(`/proc/${pid}/comm`)?.trim() !== 'postgres') return false
      // Every process of a cluster works in its folder. By device and inode: the same path may be another folder in
      // another mount namespace.
      const cwd = statOrNull(`/proc/${pid}/cwd`)
      return cwd !== null && cwd.dev === data.dev && cwd.ino === data.ino && readProcessStart(pid) !== null
    })
}

function isServerOf(pid: number, folder: ClusterFolder): boolean {
  if (readProcessStart(pid) === null) return false
  // No `ps` to ask on Windows.
  if (process.platform === 'win32') return true
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' }
  let command: string
  try {
    command = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { env, encoding: 'utf8' })
  } catch (error) {
    // It ended between the two looks.
    if (readProcessStart(pid) === null) return false
    throw error
  }
  return command.includes('postgres') && [folder.data, realpathSync(folder.data)].some((data) => command.includes(data))
}

function statOrNull(path: string): { dev: number; ino: number } | null {
  try {
    return statSync(path)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

/**
 * Ends whatever still runs on a cluster that this process has not started, politely first: a fast shutdown, which rolls
 * back what is open, then an immediate one, then SIGKILL; none of them loses what was committed. Processes without a
 * server have nobody to tell them and are ended at once. Returns whether there was anything.
 */
export async function endLeftovers(folder: ClusterFolder): Promise<boolean> {
  let pids = listClusterProcesses(folder)
  const found = pids.length > 0
  const server = readPidFile(folder)?.pid
  if (server !== undefined && pids.includes(server)) {
    sendSignal(server, 'SIGINT')
    if (!(await waitForNone(folder, FAST_MS))) sendSignal(server, 'SIGQUIT')
  } else {
    for (const pid of pids) sendSignal(pid, 'SIGQUIT')
  }
  if (found && !(await waitForNone(folder, IMMEDIATE_MS))) {
    pids = listClusterProcesses(folder)
    for (const pid of pids) sendSignal(pid, 'SIGKILL')
    if (!(await waitForNone(folder, KILL_MS))) {
      throw new Error(`PostgreSQL's processes ${pids.join(', ')} of ${folder.data} do not end`)
    }
  }
  // A server that was killed leaves this file, and the id in it may by now be that of anything: with none of the
  // cluster's processes alive it is only in the way.
  rmSync(folder.pidFile, { force: true })
  return found
}

async function waitForNone(folder: ClusterFolder, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (listClusterProcesses(folder).length > 0) {
    if (Date.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}

/** Signals a process that may have ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
