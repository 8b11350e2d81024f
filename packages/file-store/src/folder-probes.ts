import { randomUUID } from 'node:crypto'
import { opendir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ifMissing, unlinkIfThere } from './disk-errors.ts'

const PROBE_NAME = /^(?:clock|probe)-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
/** What must fit on the disk for it to count as ready. */
const PROBE_BYTES = 4096

/** The time of the file system that holds a folder: the one clock that all hosts have that share it. */
export async function readFolderClock(folder: string): Promise<Date> {
  return withProbe(join(folder, `clock-${randomUUID()}`), '', async (probe) => (await stat(probe)).mtime)
}

/** Throws when nothing can be written: a full disk still answers everything else. */
export async function probeWriting(folder: string): Promise<void> {
  await withProbe(join(folder, `probe-${randomUUID()}`), Buffer.alloc(PROBE_BYTES), async () => undefined)
}

/** Removes the probes of processes that were killed before they could: those of before `beforeMs`. */
export async function removeDeadProbes(folder: string, beforeMs: number): Promise<void> {
  const entries = await ifMissing(null, () => opendir(folder))
  if (entries === null) return
  for await (const { name } of entries) {
    if (!PROBE_NAME.test(name)) continue
    const probe = join(folder, name)
    // Its process may live, and remove it meanwhile.
    const status = await ifMissing(null, () => stat(probe))
    if (status !== null && status.mtimeMs < beforeMs) await unlinkIfThere(probe)
  }
}

async function withProbe<T>(probe: string, content: string | Buffer, look: (probe: string) => Promise<T>): Promise<T> {
  try {
    await writeFile(probe, content, { flag: 'wx' })
    return await look(probe)
  } finally {
    await unlinkIfThere(probe)
  }
}
