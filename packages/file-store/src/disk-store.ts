import { randomUUID } from 'node:crypto'
import { constants, type Dirent } from 'node:fs'
import { access, link, mkdir, open, opendir, readFile, rename, rmdir, stat, utimes } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'

import { callDisk, ifMissing, isMissing, unlinkIfThere } from './disk-errors.ts'
import {
  checkFileKey,
  checkPeriod,
  IDENTITY_KEY,
  isFileName,
  KEY_FOLDER,
  makeFileKey,
  periodEndOf,
} from './file-key.ts'
import {
  FileMissingError,
  InvalidFileKeyError,
  type ByteRange,
  type FileStore,
  type StoredEntry,
  type StoredFile,
} from './file-store.ts'
import { probeWriting, readFolderClock, removeDeadProbes } from './folder-probes.ts'
import { readChunksOf, trackSource } from './read-chunks-of.ts'
import { writeChunksToFile } from './write-chunks-to-file.ts'

/** A file that is still being written, or whose writer died. */
const UNFINISHED_SUFFIX = '.part'
const READ_CHUNK_BYTES = 256 * 1024
/** A living writer touches its file every 10 s. A finished one is wanted for minutes, and a crash's costs only room. */
const DEAD_AFTER_MS = { unfinished: 45_000, finished: 3_600_000 }
/** No upload begins in a folder whose hour was over so long ago, so it can be removed once it is empty. */
const FOLDER_CLOSED_MS = 24 * 3_600_000

/**
 * Keeps files under `<root>/uploads/<yyyy-mm-dd>/<hh>/`. A file has its final name only once its bytes are on the disk,
 * and `write` resolves only once its name is.
 */
export function createDiskStore({ root: givenRoot }: { readonly root: string }): FileStore {
  const root = resolve(givenRoot)
  const uploads = join(root, KEY_FOLDER)
  const identityPath = join(root, ...IDENTITY_KEY.split('/'))
  const durableFolders = new Set<string>()
  const onDisk = async <T>(work: () => Promise<T>): Promise<T> => callDisk(uploads, work)

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
    const source = trackSource(readChunksOf(stream))
    const path = pathOf(key)
    const unfinished = `${path}${UNFINISHED_SUFFIX}`
    try {
      return await onDisk(async () => {
        await makeFolder(dirname(path))
        const written = await writeChunksToFile(source.chunks, unfinished, { maxBytes, clockFolder: uploads })
        await rename(unfinished, path)
        await syncFolder(dirname(path))
        return { key, ...written }
      })
    } catch (error) {
      // What cannot be removed now is found by the janitor; the caller hears of the first failure, not of a later one.
      await Promise.allSettled([unlinkIfThere(unfinished), unlinkIfThere(path)])
      throw source.failure()?.error ?? error
    }
  }

  function read(key: string, range: ByteRange = {}): Readable {
    const path = pathOf(key)
    return Readable.from(readChunks(key, path, range), { objectMode: false, highWaterMark: READ_CHUNK_BYTES })
  }

  async function* readChunks(
    key: string,
    path: string,
    { start = 0, end = Infinity }: ByteRange,
  ): AsyncGenerator<Buffer> {
    const file = await onDisk(() => orFileMissing(key, () => open(path, 'r')))
    try {
      for (let position = start; position <= end;) {
        const wanted = Math.min(READ_CHUNK_BYTES, end - position + 1)
        const chunk = Buffer.allocUnsafeSlow(wanted)
        const { bytesRead } = await onDisk(() => file.read(chunk, 0, wanted, position))
        if (bytesRead === 0) return
        position += bytesRead
        yield bytesRead === wanted ? chunk : chunk.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  }

  async function remove(key: string): Promise<void> {
    const path = pathOf(key)
    await onDisk(async () => {
      await unlinkIfThere(path)
      if (Date.now() < periodEndOf(key) + FOLDER_CLOSED_MS) return
      // The hour, then its day, as long as nothing else is in them.
      for (let folder = dirname(path); folder !== uploads; folder = dirname(folder)) {
        if (!(await removeIfEmpty(folder))) break
      }
    })
  }

  async function touch(key: string): Promise<void> {
    const path = pathOf(key)
    await onDisk(() =>
      ifMissing(undefined, async () => {
        const now = await readFolderClock(uploads)
        await utimes(path, now, now)
      }),
    )
  }

  async function ping(): Promise<void> {
    await onDisk(async () => {
      await mkdir(uploads, { recursive: true })
      await access(uploads, constants.R_OK | constants.W_OK | constants.X_OK)
      await probeWriting(uploads)
    })
  }

  async function readIdentity(): Promise<string | null> {
    const text = await onDisk(() => ifMissing(null, () => readFile(identityPath, 'utf8')))
    return text === null ? null : text.trim()
  }

  async function writeIdentity(identity: string): Promise<string> {
    const written = `${identityPath}.${randomUUID()}`
    await onDisk(async () => {
      await makeFolder(uploads)
      const file = await open(written, 'wx', 0o644)
      try {
        await file.writeFile(`${identity}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      try {
        // Unlike a rename this leaves alone what is there: the first of several processes wins.
        await link(written, identityPath)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      } finally {
        await unlinkIfThere(written)
      }
      await syncFolder(uploads)
    })
    const held = await readIdentity()
    if (held === null) throw new Error('the identity of the storage is gone right after it was written')
    return held
  }

  async function isEmpty(): Promise<boolean> {
    return onDisk(async () => {
      for await (const day of walkFolder(uploads)) {
        if (!day.isDirectory()) continue
        for await (const entry of walkFolder(join(uploads, day.name))) {
          if (!entry.isDirectory()) return false
          for await (const _ of walkFolder(join(uploads, day.name, entry.name))) return false
        }
      }
      return true
    })
  }

  async function* listPeriod(period: string): AsyncGenerator<StoredEntry> {
    const folder = join(uploads, ...checkPeriod(period).split('/'))
    const entries = walkFolder(folder)[Symbol.asyncIterator]()
    for (let next = await onDisk(() => entries.next()); next.done !== true; next = await onDisk(() => entries.next())) {
      const { name } = next.value
      const kind = kindOf(name)
      if (kind === null) continue
      // Another process may finish or remove it meanwhile.
      const status = await onDisk(() => ifMissing(null, () => stat(join(folder, name))))
      if (status !== null) yield { kind, name: `${KEY_FOLDER}/${period}/${name}`, modifiedMs: status.mtimeMs }
    }
  }

  async function removeUnfinished(name: string): Promise<void> {
    if (!name.endsWith(UNFINISHED_SUFFIX)) throw new InvalidFileKeyError()
    const path = `${pathOf(name.slice(0, -UNFINISHED_SUFFIX.length))}${UNFINISHED_SUFFIX}`
    await onDisk(() => unlinkIfThere(path))
  }

  return {
    location: uploads,
    identityLocation: identityPath,
    // A folder may be mounted or unmounted at any time.
    identityHoldsMs: 0,
    deadAfterMs: DEAD_AFTER_MS,
    write,
    read,
    size: async (key) => onDisk(async () => (await orFileMissing(key, () => stat(pathOf(key)))).size),
    remove,
    touch,
    ping,
    readIdentity,
    writeIdentity,
    isEmpty,
    listPeriod,
    readClock: async () =>
      onDisk(async () => {
        await mkdir(uploads, { recursive: true })
        return (await readFolderClock(uploads)).getTime()
      }),
    removeUnfinished,
    removeDeadProbes: async (beforeMs) => onDisk(() => removeDeadProbes(uploads, beforeMs)),
    close: async () => undefined,
  }
}

function kindOf(name: string): StoredEntry['kind'] | null {
  if (isFileName(name)) return 'finished'
  if (!name.endsWith(UNFINISHED_SUFFIX)) return null
  return isFileName(name.slice(0, -UNFINISHED_SUFFIX.length)) ? 'unfinished' : null
}

async function orFileMissing<T>(key: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    throw isMissing(error) ? new FileMissingError(key, { cause: error }) : error
  }
}

/** False: there is something in it. */
async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    if (code === 'ENOENT') return true
    throw error
  }
}

async function* walkFolder(folder: string): AsyncGenerator<Dirent> {
  const opened = await ifMissing(null, () => opendir(folder))
  if (opened !== null) yield* opened
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
