import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'

import { FileTooLargeError } from './file-store.ts'

/** How much is gathered for one write. */
const WRITE_BYTES = 1024 * 1024

/**
 * Writes what `chunks` gives into the new file `path` and syncs it. While one write is under way the next chunks are
 * taken and hashed; the giver waits when both are full. The file is closed in any case, and left to the caller to
 * remove on failure.
 */
export async function writeChunksToFile(
  chunks: AsyncIterable<Buffer>,
  path: string,
  maxBytes: number,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  let bytes = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let writing: Promise<void> | undefined
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new FileTooLargeError(maxBytes)
      hash.update(chunk)
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (gatheredBytes < WRITE_BYTES) continue
      await writing
      writing = writeAll(file, gathered)
      // Whoever waits for it next hears of its failure; until then it must not count as unheard.
      writing.catch(() => undefined)
      gathered = []
      gatheredBytes = 0
    }
    await writing
    await writeAll(file, gathered)
    await file.sync()
  } finally {
    // The file must not be closed under a write that is still under way.
    if (writing) await Promise.allSettled([writing])
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Writes every byte: one call may take only some of them. */
async function writeAll(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  let rest = buffers
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest)
    rest = dropBytes(rest, bytesWritten)
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
