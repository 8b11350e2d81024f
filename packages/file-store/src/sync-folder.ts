import { open } from 'node:fs/promises'

/** Puts a folder's names on the disk. Windows cannot do so, and needs it less: NTFS journals them. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
