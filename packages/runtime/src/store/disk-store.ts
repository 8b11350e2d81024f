import { constants, type Dirent } from 'node:fs'
import { access, mkdir, open, opendir, readdir, rename, stat, unlink, utimes } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'

import { checkFileKey, isFileName, KEY_FOLDER, listDays, makeFileKey } from './file-key.ts'
import { FileMissingError, type ByteRange, type FileStore, type StoredFile } from './file-store.ts'
import { readChunksOf } from './read-chunks-of.ts'
import { writeChunksToFile } from './write-chunks-to-file.ts'

/** A file that is still being written, or whose writer died. */
const UNFINISHED_SUFFIX = '.part'
const READ_CHUNK_BYTES = 512 * 1024
/** A living writer touches its file every 10 s. A finished one is wanted for minutes, and a crash's costs only room. */
const DEAD_AFTER_MS = { unfinished: 45_000, finished: 3_600_000 }

/**
 * Keeps files under `<root>/uploads/<yyyy-mm-dd>/`. A file has its final name only once its bytes are on the disk, and
 * `write` resolves only once its name is.
 */
export function createDiskStore({ root: givenRoot }: { readonly root: string }): FileStore {
  const root = resolve(givenRoot)
  const durableFolders = new Set<string>()

  function pathOf(key: string): string {
    return join(root, ...checkFileKey(key).split('/'))
  }

  /** Makes the folder and syncs every name on the way to it; once per process, as another may have died in between. */
  async function makeFolder(folder: string): Promise<void> {
    const firstMade = await mkdir(folder, { recursive: true })
    if (firstMade === undefined && durableFolders.has(folder)) return
    const top = firstMade === undefined ? root : dirname(firstMade)
    for (let parent = dirname(folder); ; parent = dirname(parent)) {
      await syncFolder(parent)
      if (parent.length <= Math.min(top.length, root.length)) break
    }
    durableFolders.add(folder)
  }

  async function write(stream: Readable, { maxBytes }: { readonly maxBytes: number }): Promise<StoredFile> {
    const key = makeFileKey()
    const chunks = readChunksOf(stream)
    const path = pathOf(key)
    const unfinished = `${path}${UNFINISHED_SUFFIX}`
    try {
      await makeFolder(dirname(path))
      const written = await writeChunksToFile(chunks, unfinished, maxBytes)
      await rename(unfinished, path)
      await syncFolder(dirname(path))
      return { key, ...written }
    } catch (error) {
      // What cannot be removed now is found by the sweep; the caller hears of the first failure, not of a later one.
      await Promise.allSettled([unlinkIfThere(unfinished), unlinkIfThere(path)])
      throw error
    }
  }

  function read(key: string, range: ByteRange = {}): Readable {
    const path = pathOf(key)
    return Readable.from(readChunks(key, path, range), { objectMode: false, highWaterMark: READ_CHUNK_BYTES })
  }

  async function size(key: string): Promise<number> {
    const path = pathOf(key)
    try {
      return (await stat(path)).size
    } catch (error) {
      throw isMissing(error) ? new FileMissingError(key, { cause: error }) : error
    }
  }

  async function remove(key: string): Promise<void> {
    await unlinkIfThere(pathOf(key))
  }

  async function touch(key: string): Promise<void> {
    const now = new Date()
    try {
      await utimes(pathOf(key), now, now)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async function ping(): Promise<void> {
    const folder = join(root, KEY_FOLDER)
    await mkdir(folder, { recursive: true })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  }

  async function listUnfinished({ olderThanMs }: { readonly olderThanMs: number }): Promise<string[]> {
    const before = Date.now() - olderThanMs
    const names: string[] = []
    for (const day of await listEntries(join(root, KEY_FOLDER))) {
      for (const entry of await listEntries(join(root, KEY_FOLDER, day.name))) {
        if (!entry.name.endsWith(UNFINISHED_SUFFIX)) continue
        const modifiedMs = await readModifiedMs(join(root, KEY_FOLDER, day.name, entry.name))
        if (modifiedMs !== undefined && modifiedMs <= before) names.push(`${KEY_FOLDER}/${day.name}/${entry.name}`)
      }
    }
    return names
  }

  async function removeUnfinished(age: { readonly olderThanMs: number }): Promise<number> {
    const names = await listUnfinished(age)
    for (const name of names) await unlinkIfThere(join(root, ...name.split('/')))
    return names.length
  }

  async function* listFinished(age: {
    readonly olderThanMs: number
    readonly newerThanMs: number
  }): AsyncGenerator<string> {
    const now = Date.now()
    const [from, to] = [now - age.newerThanMs, now - age.olderThanMs]
    // The day of a key is that of the upload's begin, so a long upload stands in an earlier one than its end.
    for (const day of listDays(from - 24 * 60 * 60 * 1000, to)) {
      const folder = join(root, KEY_FOLDER, day)
      for await (const entry of walkFolder(folder)) {
        if (!isFileName(entry.name)) continue
        const modifiedMs = await readModifiedMs(join(folder, entry.name))
        if (modifiedMs !== undefined && modifiedMs >= from && modifiedMs <= to)
          yield `${KEY_FOLDER}/${day}/${entry.name}`
      }
    }
  }

  return {
    deadAfterMs: DEAD_AFTER_MS,
    write,
    read,
    size,
    remove,
    touch,
    ping,
    listUnfinished,
    removeUnfinished,
    listFinished,
    close: async () => undefined,
  }
}

async function* readChunks(
  key: string,
  path: string,
  { start = 0, end = Infinity }: ByteRange,
): AsyncGenerator<Buffer> {
  let file
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw isMissing(error) ? new FileMissingError(key, { cause: error }) : error
  }
  try {
    for (let position = start; position <= end;) {
      const wanted = Math.min(READ_CHUNK_BYTES, end - position + 1)
      const chunk = Buffer.allocUnsafeSlow(wanted)
      const { bytesRead } = await file.read(chunk, 0, wanted, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield bytesRead === wanted ? chunk : chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Puts a folder's names on the disk. Windows cannot do so, and needs it less: NTFS journals them. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function listEntries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function* walkFolder(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** `undefined` when the file is gone, as another process may finish or remove it. */
async function readModifiedMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
