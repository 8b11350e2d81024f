import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open, readdir, rm, truncate, type FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { afterFile } from './after-file.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

/** A folder of its own small file system, which can be full, or away as if nobody had mounted it. */
export interface SmallDisk {
  readonly folder: string
  /** From now on so many bytes more are free, to the page of 4 KiB. */
  leaveFree(bytes: number): Promise<void>
  /** It is no longer full. */
  empty(): Promise<void>
  /** From now on another, empty file system is in the folder. */
  hide(): void
  show(): void
  /** The files of uploads, finished or not, by their path below the folder. */
  listFiles(): Promise<string[]>
}

const PAGE_BYTES = 4096
const BALLAST = 'ballast'

/** Null: whoever runs this may not mount a file system, which takes root, and in a container the right to. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | null> {
  const folder = await makeTemporaryFolder()
  const mount = (size: number): boolean =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0
  // Lazily: a process that is about to be killed may have a file open in it.
  const unmount = (): boolean => spawnSync('umount', ['--lazy', folder]).status === 0
  if (!mount(bytes)) return null
  // One below the other, as long as there is one.
  afterFile(async () => {
    while (unmount());
  })
  const ballast = path.join(folder, BALLAST)
  return {
    folder,
    async leaveFree(bytesFree) {
      const file = await open(ballast, 'a')
      try {
        await fillUp(file)
        const { size } = await file.stat()
        await truncate(ballast, Math.max(0, size - bytesFree))
      } finally {
        await file.close()
      }
    },
    empty: async () => rm(ballast),
    hide() {
      if (!mount(PAGE_BYTES * 256)) throw new Error(`nothing could be mounted over ${folder}`)
    },
    show() {
      if (!unmount()) throw new Error(`what was mounted over ${folder} could not be unmounted`)
    },
    async listFiles() {
      const uploads = path.join(folder, 'uploads')
      // What was mounted over it may hold nothing at all.
      const entries = existsSync(uploads) ? await readdir(uploads, { recursive: true, withFileTypes: true }) : []
      return (
        entries
          .filter((entry) => entry.isFile())
          .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
          // Those of uploads are below their day; beside the days there are the storage's identity and probes.
          .filter((name) => name.split(path.sep).length > 2)
      )
    },
  }
}

async function fillUp(file: FileHandle): Promise<void> {
  const page = Buffer.alloc(PAGE_BYTES)
  for (;;) {
    try {
      await file.write(page)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return
      throw error
    }
  }
}
