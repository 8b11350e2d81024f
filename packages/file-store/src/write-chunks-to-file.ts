import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'

import { BlockChecksums, type FileChecksums } from './block-checksums.ts'
import { FileTooLargeError } from './file-store.ts'
import { readFolderClock } from './folder-probes.ts'

/** How much is gathered for one write. */
const WRITE_BYTES = 1024 * 1024

/** How much is written between two syncs that run beside the upload, so that little is left for the one that ends it. */
const SYNC_BYTES = 32 * 1024 * 1024

/** How often a file that is being written gets a new time, however little arrives and however long a sync takes. */
const TOUCH_EVERY_MS = 10_000

/**
 * Writes what `chunks` gives into the new file `path` and syncs it. While one write is under way the next chunks are
 * taken and hashed, and what was written before goes to the disk; the giver waits when both are full. While it is open
 * its time of change is never older than 10 s, by the clock of `clockFolder`, so that it can be distinguished from a dead
 * writer's. The file is closed in any case, and left to the caller to remove on failure.
 */
export async function writeChunksToFile(
  chunks: AsyncIterable<Buffer>,
  path: string,
  { maxBytes, clockFolder }: { readonly maxBytes: number; readonly clockFolder: string },
): Promise<FileChecksums & { readonly sha256: string }> {
  const hash = createHash('sha256')
  const checksums = new BlockChecksums()
  const file = await open(path, 'wx')
  const touches = keepTouched(file, clockFolder)
  let bytes = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let writing: Promise<void> | undefined
  let syncing: Promise<void> | undefined
  let unsyncedBytes = 0
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new FileTooLargeError(maxBytes)
      hash.update(chunk)
      checksums.update(chunk)
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (gatheredBytes < WRITE_BYTES) continue
      await writing
      writing = writeAll(file, gathered)
      // Whoever waits for it next hears of its failure; until then it must not count as unheard.
      writing.catch(() => undefined)
      unsyncedBytes += gatheredBytes
      gathered = []
      gatheredBytes = 0
      if (unsyncedBytes < SYNC_BYTES) continue
      // A disk that falls behind slows the giver down, instead of leaving gigabytes to the end.
      await syncing
      syncing = file.datasync()
      syncing.catch(() => undefined)
      unsyncedBytes = 0
    }
    await writing
    await syncing
    await writeAll(file, gathered)
    await file.sync()
  } finally {
    // The file must not be closed under what is still under way.
    await Promise.allSettled([writing, syncing, touches.stop()])
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex'), checksums: checksums.digest() }
}

function keepTouched(file: FileHandle, folder: string): { stop(): Promise<void> } {
  let touching: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    // A disk that cannot do this cannot write either, and the write says so.
    touching = readFolderClock(folder).then(
      async (now) => file.utimes(now, now).catch(() => undefined),
      () => undefined,
    )
  }, TOUCH_EVERY_MS)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      return touching
    },
  }
}

/** Writes every byte, from `position` on or behind what was written last: one call may take only some of them. */
export async function writeAll(file: FileHandle, buffers: readonly Buffer[], position?: number): Promise<void> {
  let rest = buffers
  let next = position
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, next)
    rest = dropBytes(rest, bytesWritten)
    if (next !== undefined) next += bytesWritten
  }
}

function dropBytes(buffers: readonly Buffer[], count: number): Buffer[] {
  let left = count
  const rest: Buffer[] = []
  for (const buffer of buffers) {
    if (left >= buffer.length) left -= buffer.length
    else {
      rest.push(left === 0 ? buffer : buffer.subarray(left))
      left = 0
    }
  }
  return rest
}
