import { readFile, writeFile } from 'node:fs/promises'

/** Forgets the peak of a process' resident memory: from here on it is counted anew, from what is resident now. */
export async function forgetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

/** The most that was resident at once since then, in MiB, as Linux counts it (VmHWM). */
export async function readPeakMemory(pid: number): Promise<number> {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kilobytes === undefined) throw new Error(`Linux tells no peak memory of process ${pid}`)
  return Number(kilobytes) / 1024
}
