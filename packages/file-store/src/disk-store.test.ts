import { link, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { describe, expect, it, vi } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { createDiskStore } from './disk-store.ts'
import { makeFileKey } from './file-key.ts'
import type { FileStore, StoredEntry } from './file-store.ts'
import { StorageUnavailableError } from './storage-errors.ts'

const LIMITS = { maxBytes: 1024 * 1024 }
const ABSENT = 'uploads/2026-01-02/03/00000000-0000-4000-8000-000000000000'

async function openStore(): Promise<{ root: string; store: FileStore }> {
  const root = await makeTemporaryFolder()
  return { root, store: createDiskStore({ root }) }
}

async function write(store: FileStore): Promise<string> {
  return (await store.write(Readable.from([Buffer.from('a')]), LIMITS)).key
}

async function list(store: FileStore, key: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = []
  for await (const entry of store.listPeriod(key.split('/').slice(1, -1).join('/'))) entries.push(entry)
  return entries
}

describe('a listing of the disk store', () => {
  it('reports the last sign of life, and looks only at its own names', async () => {
    const { root, store } = await openStore()
    const key = await write(store)
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(root, key), hourAgo, hourAgo)
    await writeFile(join(root, key, '..', 'notes.txt'), 'not ours')
    await writeFile(join(root, key, '..', 'notes.part'), 'not ours')
    expect(await list(store, key)).toEqual([
      { kind: 'finished', name: key, modifiedMs: expect.closeTo(hourAgo.getTime(), -1) },
    ])
    await store.touch(key)
    expect(await list(store, key)).toMatchObject([{ modifiedMs: expect.closeTo(Date.now(), -5) }])
    await store.touch(ABSENT)
  })

  it('shows that a write lives, however little arrives', async () => {
    const { root, store } = await openStore()
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const key = makeFileKey()
      const stream = new PassThrough()
      const writing = store.write(stream, LIMITS)
      stream.write('a')
      const { name } = await vi.waitUntil(async () => (await list(store, key))[0], 5000)
      expect(name).toMatch(/\.part$/)
      const hourAgo = new Date(Date.now() - 3_600_000)
      await utimes(join(root, name), hourAgo, hourAgo)
      const isDead = async () =>
        (await list(store, key)).some(({ modifiedMs }) => modifiedMs < Date.now() - store.deadAfterMs.unfinished)
      expect(await isDead()).toBe(true)
      vi.advanceTimersByTime(10_000)
      await vi.waitUntil(async () => !(await isDead()), 5000)
      stream.end()
      await writing
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('what an older version stored', () => {
  it('is read, listed by its day, and removed', async () => {
    const { root, store } = await openStore()
    const key = 'uploads/2026-01-02/00000000-0000-4000-8000-000000000000'
    await mkdir(join(root, key, '..'), { recursive: true })
    await writeFile(join(root, key), 'old')
    await writeFile(join(root, `${key}.part`), 'half')
    expect((await buffer(store.read(key))).toString()).toBe('old')
    expect(await list(store, key)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'finished', name: key }),
        expect.objectContaining({ kind: 'unfinished', name: `${key}.part` }),
      ]),
    )
    await store.removeUnfinished(`${key}.part`)
    await store.remove(key)
    expect(await readdir(join(root, 'uploads'))).toEqual([])
  })
})

describe('folders', () => {
  it('are removed with the last file in them, once no upload can begin there', async () => {
    const { root, store } = await openStore()
    const [first, second, other] = [0, 0, 2].map((hours) => makeFileKey(Date.UTC(2025, 0, 2, 3 + hours)))
    for (const key of [first, second, other]) {
      await mkdir(join(root, key ?? '', '..'), { recursive: true })
      await writeFile(join(root, key ?? ''), 'a')
    }
    await store.remove(first ?? '')
    expect(await readdir(join(root, 'uploads', '2025-01-02'))).toEqual(['03', '05'])
    await store.remove(second ?? '')
    expect(await readdir(join(root, 'uploads', '2025-01-02'))).toEqual(['05'])
    await store.remove(other ?? '')
    expect(await readdir(join(root, 'uploads'))).toEqual([])

    const current = await write(store)
    await store.remove(current)
    expect(await readdir(join(root, current, '..'))).toEqual([])
  })
})

describe('a disk that fails is unavailable, and no file is missing', () => {
  it('when the root is a file', async () => {
    const file = join(await makeTemporaryFolder(), 'file')
    await writeFile(file, '')
    const store = createDiskStore({ root: file })
    const attempts = [
      store.ping(),
      store.size(ABSENT),
      buffer(store.read(ABSENT)),
      store.remove(ABSENT),
      store.readIdentity(),
      store.write(Readable.from([Buffer.from('a')]), LIMITS),
    ]
    for (const outcome of await Promise.allSettled(attempts)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_UNAVAILABLE' } })
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(StorageUnavailableError)
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/ENOTDIR|EEXIST/)
    }
    expect((await stat(file)).size).toBe(0)
  })

  it('when a path cannot be followed', async () => {
    const { root, store } = await openStore()
    const key = await write(store)
    await rm(join(root, key))
    await symlink(join(root, key), join(root, key))
    await expect(store.size(key)).rejects.toThrow('the storage is unavailable: ELOOP')
    await expect(buffer(store.read(key))).rejects.toThrow('the storage is unavailable: ELOOP')
  })

  it('when a folder stands where the file should', async () => {
    const { root, store } = await openStore()
    const key = await write(store)
    await rm(join(root, key))
    await mkdir(join(root, key))
    await expect(buffer(store.read(key))).rejects.toThrow('the storage is unavailable: EISDIR')
  })

  it('and the failure of the upload itself is not blamed on it', async () => {
    const { store } = await openStore()
    const stream = new PassThrough()
    const writing = store.write(stream, LIMITS)
    stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }))
    await expect(writing).rejects.toThrow(/^read ECONNRESET$/)
  })
})

it('an identity is never overwritten, also not by a name that another process linked first', async () => {
  const { root, store } = await openStore()
  await mkdir(join(root, 'uploads'))
  await writeFile(join(root, 'other'), 'theirs\n')
  await link(join(root, 'other'), join(root, 'uploads', 'installation-id'))
  expect(await store.writeIdentity('ours')).toBe('theirs')
  expect(await readdir(join(root, 'uploads'))).toEqual(['installation-id'])
})
