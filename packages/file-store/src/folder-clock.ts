import { randomUUID } from 'node:crypto'
import { stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The time of the file system that holds a folder: the one clock that all hosts have that share it. */
export async function readFolderClock(folder: string): Promise<Date> {
  const probe = join(folder, `clock-${randomUUID()}`)
  await writeFile(probe, '', { flag: 'wx' })
  try {
    return (await stat(probe)).mtime
  } finally {
    await unlink(probe)
  }
}
