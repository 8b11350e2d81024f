import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

export interface PeakMemory {
  readonly pid: number
  /** the most that was resident at once, as Linux counts it (VmHWM) */
  readonly bytes: number
}

/**
 * The peak resident memory of the worker that an instance runs, found by the notes of its running children. Null where
 * there is no /proc to ask, or no such process.
 */
export async function readWorkerPeakMemory(dataDir: string): Promise<PeakMemory | null> {
  if (process.platform !== 'linux') return null
  for (const note of await readdir(path.join(dataDir, 'children'))) {
    const pid = Number(note.split('.')[0])
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    if (!command.includes('apps/worker/')) continue
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]
    return kilobytes === undefined ? null : { pid, bytes: Number(kilobytes) * 1024 }
  }
  return null
}
