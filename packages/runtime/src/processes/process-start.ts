import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * When a process began, as a word that is safe in a file name. Ids are used again, an id with its start is not, so the
 * two together name one process for good, over restarts of the machine too. Null: no such process, or only its remains.
 */
export function readProcessStart(pid: number): string | null {
  if (process.platform === 'linux') return readLinuxStart(pid)
  if (process.platform === 'win32') return isSignalable(pid) ? 'unknown' : null
  return readPosixStart(pid)
}

function readLinuxStart(pid: number): string | null {
  const stat = readOfProcess(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The second field is the program's name in brackets and may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startTicks = fields[19]
  if (startTicks === undefined || state === 'Z' || state === 'X') return null
  return `${startTicks}-${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)}`
}

function readPosixStart(pid: number): string | null {
  if (!isSignalable(pid)) return null
  let line: string
  try {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
    line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env, encoding: 'utf8' }).trim()
  } catch (error) {
    // It ended between the two looks: ps then exits with 1 and prints nothing.
    if (!isSignalable(pid)) return null
    throw error
  }
  if (line === '' || line.startsWith('Z')) return null
  const start = line.slice(line.indexOf(' ') + 1)
  return createHash('sha256').update(start).digest('hex').slice(0, 12)
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** A file of /proc; null when the process is gone, which can also show itself in the middle of a read. */
export function readOfProcess(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

/** Whether an error says that a file or a process is not there, or is none of our business. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(error.code)
  )
}
