import { unlink } from 'node:fs/promises'

import { StorageUnavailableError } from './storage-errors.ts'

/**
 * Does some work on the disk. What the operating system refuses on the way (EIO, EACCES, ENOSPC, EMFILE, a root that is
 * no folder) says nothing about a file: it is a StorageUnavailableError.
 */
export async function callDisk<T>(location: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isSystemError(error) ? new StorageUnavailableError(location, error) : error
  }
}

/** The file or folder is not there. Anything else, such as a path that leads through a file, is another fault. */
export function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT'
}

/** What `look` gives, or `missing` when the file or folder is not there. */
export async function ifMissing<T, Missing>(missing: Missing, look: () => Promise<T>): Promise<T | Missing> {
  try {
    return await look()
  } catch (error) {
    if (isMissing(error)) return missing
    throw error
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  await ifMissing(undefined, () => unlink(path))
}

/** https://nodejs.org/docs/latest-v20.x/api/errors.html#class-systemerror */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'
}
