import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** What the kernel counts processor time in. */
const TICKS_PER_SECOND = 100
const RESTART_TIMEOUT_MS = 30_000
const POLL_MS = 500
const RESTING_CPU_SECONDS = 0.03

/** The worker, or the intake app, among the children that a supervisor has noted down in its data folder; null: none runs. */
export function findWorkerPid(dataDir: string, app: 'worker' | 'intake' = 'worker'): number | null {
  for (const note of readdirSync(path.join(dataDir, 'children'))) {
    const pid = Number.parseInt(note, 10)
    if (readProcessFile(pid, 'cmdline')?.includes(`apps/${app}/`) === true) return pid
  }
  return null
}

/** Ends the worker and waits until the one that the supervisor starts in its place has come to rest. */
export async function restartWorker(dataDir: string): Promise<number> {
  const before = findWorkerPid(dataDir)
  if (before !== null) process.kill(before, 'SIGTERM')
  const deadline = performance.now() + RESTART_TIMEOUT_MS
  let cpuSeconds = 0
  for (;;) {
    await delay(POLL_MS)
    if (performance.now() > deadline) throw new Error('the worker did not come back')
    const pid = findWorkerPid(dataDir)
    if (pid === null || pid === before) continue
    const used = readCpuSeconds(pid)
    if (used > 0 && used - cpuSeconds < RESTING_CPU_SECONDS) return pid
    cpuSeconds = used
  }
}

export interface ResidentMemory {
  readonly nowMb: number
  /** the most since the process began */
  readonly peakMb: number
}

/** In MiB; null when the process is gone. */
export function readResidentMemory(pid: number): ResidentMemory | null {
  const status = readProcessFile(pid, 'status')
  const readMb = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1]) / 1024
  return status === null ? null : { nowMb: readMb('VmRSS'), peakMb: readMb('VmHWM') }
}

/** Whether there is such a process on this machine, and it is called so. */
export function isProcess(pid: number, name: string): boolean {
  return process.platform === 'linux' && readProcessFile(pid, 'cmdline')?.includes(name) === true
}

/** Seconds of processor time that the process has used. */
export function readCpuSeconds(pid: number): number {
  const stat = readProcessFile(pid, 'stat')
  // The second field is the name, in brackets, and may hold anything; those after it are numbers.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}

function readProcessFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // It ended between two looks.
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}
