import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { startS3Server, type S3Server } from '../../tests/support/s3-server.ts'
import { createFileStore } from './create-file-store.ts'
import { FileMissingError, FileTooLargeError, InvalidFileKeyError, type FileStore } from './file-store.ts'

const MIB = 1024 * 1024
const DAY_MS = 24 * 60 * 60 * 1000
const LIMITS = { maxBytes: 64 * MIB }
const KEY = /^uploads\/\d{4}-\d\d-\d\d\/[\da-f-]{36}$/
const ABSENT = 'uploads/2026-01-02/00000000-0000-4000-8000-000000000000'

const folders: string[] = []
let s3: S3Server

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  folders.push(folder)
  return folder
}

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
  vi.stubEnv('AWS_REGION', undefined)
  s3 = await startS3Server('bucket')
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await s3.close()
  for (const folder of folders) await rm(folder, { recursive: true })
})

/** A store with nothing in it. */
const KINDS: Record<string, () => Promise<FileStore>> = {
  disk: async () => createFileStore({ storageUrl: undefined, dataDir: await makeFolder(), s3Endpoint: undefined }),
  'disk by URL': async () =>
    createFileStore({
      storageUrl: `file://${await makeFolder()}/new/folders`,
      dataDir: '/nowhere',
      s3Endpoint: undefined,
    }),
  S3: async () =>
    createFileStore({
      storageUrl: `s3://bucket/${randomBytes(8).toString('hex')}/files`,
      dataDir: '/nowhere',
      s3Endpoint: s3.endpoint,
    }),
}

function makeChunks(sizes: readonly number[]): Buffer[] {
  return sizes.map((size) => randomBytes(size))
}

async function listAll(store: FileStore): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.listFinished({ olderThanMs: -DAY_MS, newerThanMs: DAY_MS })) keys.push(key)
  return keys
}

async function expectNothingLeft(store: FileStore): Promise<void> {
  expect(await listAll(store)).toEqual([])
  expect(await store.listUnfinished({ olderThanMs: -DAY_MS })).toEqual([])
}

describe.each(Object.keys(KINDS))('a file store on %s', (kind) => {
  let store: FileStore

  async function renew(): Promise<FileStore> {
    store = await (KINDS[kind] ?? (() => Promise.reject(new Error(kind))))()
    return store
  }

  it.each([
    ['empty', []],
    ['one byte', [1]],
    ['odd pieces', [1, 65_536, 7, 300_000, 1]],
    ['several parts', [...Array<number>(300).fill(65_536), 13]],
    ['one large piece', [18 * MIB + 1]],
  ])('gives back what it was given: %s', async (_name, sizes) => {
    await renew()
    const chunks = makeChunks(sizes)
    const content = Buffer.concat(chunks)
    const stored = await store.write(Readable.from(chunks, { objectMode: false }), LIMITS)
    expect(stored).toEqual({
      key: expect.stringMatching(KEY),
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })
    expect(await store.size(stored.key)).toBe(content.length)
    expect((await buffer(store.read(stored.key))).equals(content)).toBe(true)
    expect(await listAll(store)).toEqual([stored.key])
    expect(await store.listUnfinished({ olderThanMs: -DAY_MS })).toEqual([])
  })

  it('reads ranges, both ends included, in pieces of at most 1 MiB', async () => {
    await renew()
    const content = randomBytes(9 * MIB + 17)
    const { key } = await store.write(Readable.from([content]), LIMITS)
    const last = content.length - 1
    for (const [start, end] of [
      [0, 0],
      [last, last],
      [5, 4 * MIB + 4],
      [4 * MIB, 8 * MIB - 1],
      [3 * MIB + 1, undefined],
      [undefined, 99],
      [last - 3, last + 1000],
      [last + 1, undefined],
      [last + 5000, last + 6000],
    ] as const) {
      const range = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) }
      const pieces: Buffer[] = []
      for await (const piece of store.read(key, range)) pieces.push(piece as Buffer)
      const expected = content.subarray(start ?? 0, (end ?? last) + 1)
      expect(Buffer.concat(pieces).equals(expected), `${start} to ${end}`).toBe(true)
      expect(Math.max(0, ...pieces.map(({ length }) => length))).toBeLessThanOrEqual(MIB)
    }
  })

  it('takes a file of exactly maxBytes and refuses one byte more, of which nothing is left', async () => {
    await renew()
    const exact = await store.write(Readable.from([randomBytes(1000)]), { maxBytes: 1000 })
    await store.remove(exact.key)
    for (const sizes of [[1001], [1000, 1], Array<number>(30).fill(MIB)]) {
      const maxBytes = sizes.length === 30 ? 20 * MIB : 1000
      const stream = new PassThrough({ highWaterMark: 40 * MIB })
      for (const chunk of makeChunks(sizes)) stream.write(chunk)
      const failure: unknown = await store.write(stream, { maxBytes }).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(FileTooLargeError)
      expect(failure).toMatchObject({ code: 'FILE_TOO_LARGE', maxBytes })
      expect(stream.destroyed).toBe(false)
      stream.destroy()
    }
    await expectNothingLeft(store)
  })

  it.each([
    [
      'destroyed with an error',
      (stream: PassThrough) => stream.destroy(new Error('connection reset')),
      /connection reset/,
    ],
    ['destroyed without a word', (stream: PassThrough) => stream.destroy(), /premature|aborted/i],
  ])('leaves nothing of a stream that is %s half-way', async (_name, abort, message) => {
    for (const bytes of [100, 20 * MIB]) {
      await renew()
      const stream = new PassThrough()
      const writing = store.write(stream, LIMITS)
      const failed = expect(writing).rejects.toThrow(message)
      // Once the store has taken all of it, the client goes away.
      await new Promise<void>((resolve) => {
        stream.write(randomBytes(bytes), () => resolve())
      })
      abort(stream)
      await failed
      await expectNothingLeft(store)
    }
  })

  it('leaves nothing of a stream that had ended before it was read', async () => {
    await renew()
    const stream = new PassThrough()
    stream.destroy()
    await expect(store.write(stream, LIMITS)).rejects.toThrow(/premature|aborted/i)
    await expectNothingLeft(store)
  })

  it('says which file is missing', async () => {
    await renew()
    await expect(store.size(ABSENT)).rejects.toThrow(FileMissingError)
    await expect(buffer(store.read(ABSENT))).rejects.toThrow(FileMissingError)
    await expect(buffer(store.read(ABSENT, { start: 10 }))).rejects.toMatchObject({ code: 'FILE_MISSING', key: ABSENT })
  })

  it('removes a file once and again', async () => {
    await renew()
    const { key } = await store.write(Readable.from([Buffer.from('a,b\n')]), LIMITS)
    await store.remove(key)
    await store.remove(key)
    await store.remove(ABSENT)
    await expect(store.size(key)).rejects.toThrow(FileMissingError)
    await expectNothingLeft(store)
  })

  it.each([
    '',
    'uploads',
    '/etc/passwd',
    'uploads/../../etc/passwd',
    `${ABSENT}/`,
    `${ABSENT}\n`,
    `${ABSENT}.part`,
    `/${ABSENT}`,
    ABSENT.toUpperCase(),
    `uploads/2026-01-02/../${ABSENT.slice(8)}`,
  ])('never touches a key that it did not make: %j', async (key) => {
    await renew()
    expect(() => store.read(key)).toThrow(InvalidFileKeyError)
    await expect(store.size(key)).rejects.toThrow(InvalidFileKeyError)
    await expect(store.remove(key)).rejects.toThrow(InvalidFileKeyError)
  })

  it('finds and removes what a dead writer left, not what is still being written', async () => {
    await renew()
    const stream = new PassThrough()
    const writing = store.write(stream, LIMITS)
    const failed = expect(writing).rejects.toThrow('connection reset')
    await new Promise<void>((resolve) => {
      stream.write(randomBytes(20 * MIB), () => resolve())
    })
    await vi.waitFor(async () => expect(await store.listUnfinished({ olderThanMs: 0 })).toHaveLength(1), 5000)
    expect(await listAll(store)).toEqual([])
    expect(await store.listUnfinished({ olderThanMs: 60_000 })).toEqual([])
    expect(await store.removeUnfinished({ olderThanMs: 60_000 })).toBe(0)
    expect(await store.removeUnfinished({ olderThanMs: -DAY_MS })).toBe(1)
    stream.destroy(new Error('connection reset'))
    await failed
    await expectNothingLeft(store)
  })

  it('lists the files of a window of time', async () => {
    await renew()
    const { key } = await store.write(Readable.from([Buffer.from('a,b\n')]), LIMITS)
    const list = async (olderThanMs: number, newerThanMs: number) => {
      const keys: string[] = []
      for await (const found of store.listFinished({ olderThanMs, newerThanMs })) keys.push(found)
      return keys
    }
    expect(await list(-5000, 60_000)).toEqual([key])
    expect(await list(60_000, DAY_MS)).toEqual([])
    expect(await list(-DAY_MS, -60_000)).toEqual([])
  })

  it('answers a ping, also when it is still empty', async () => {
    await renew()
    await store.ping()
    await store.close()
  })
})

describe('the disk store', () => {
  it('lists by the time in which a file was finished, and looks only at its own names', async () => {
    const dataDir = await makeFolder()
    const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
    const { key } = await store.write(Readable.from([Buffer.from('a')]), LIMITS)
    const [, day = ''] = key.split('/')
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(dataDir, key), hourAgo, hourAgo)
    await writeFile(join(dataDir, 'uploads', day, 'notes.txt'), 'not ours')
    const list = async (olderThanMs: number) => {
      const keys: string[] = []
      for await (const found of store.listFinished({ olderThanMs, newerThanMs: DAY_MS })) keys.push(found)
      return keys
    }
    expect(await list(1_800_000)).toEqual([key])
    expect(await list(7_200_000)).toEqual([])
  })

  it('shows that a write lives, however little arrives', async () => {
    const dataDir = await makeFolder()
    const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const stream = new PassThrough()
      const writing = store.write(stream, LIMITS)
      stream.write('a')
      const name = await vi.waitUntil(async () => (await store.listUnfinished({ olderThanMs: -DAY_MS }))[0], 5000)
      const hourAgo = new Date(Date.now() - 3_600_000)
      await utimes(join(dataDir, name), hourAgo, hourAgo)
      const listDead = () => store.listUnfinished({ olderThanMs: store.deadAfterMs.unfinished })
      expect(await listDead()).toEqual([name])
      vi.advanceTimersByTime(10_000)
      await vi.waitUntil(async () => (await listDead()).length === 0, 5000)
      stream.end()
      await writing
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('gives a finished file the time of its last touch', async () => {
    const dataDir = await makeFolder()
    const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
    const { key } = await store.write(Readable.from([Buffer.from('a')]), LIMITS)
    const hoursAgo = new Date(Date.now() - 7_200_000)
    await utimes(join(dataDir, key), hoursAgo, hoursAgo)
    await store.touch(key)
    expect(Date.now() - (await stat(join(dataDir, key))).mtimeMs).toBeLessThan(60_000)
    await store.touch(ABSENT)
  })

  it('takes no old unfinished file for a finished one', async () => {
    const dataDir = await makeFolder()
    const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
    const { key } = await store.write(Readable.from([Buffer.from('a')]), LIMITS)
    const unfinished = `${ABSENT.replace('2026-01-02', key.split('/')[1] ?? '')}.part`
    await writeFile(join(dataDir, unfinished), 'half')
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(dataDir, unfinished), hourAgo, hourAgo)
    expect(await store.listUnfinished({ olderThanMs: 1_800_000 })).toEqual([unfinished])
    expect(await store.removeUnfinished({ olderThanMs: 1_800_000 })).toBe(1)
    expect(await readdir(join(dataDir, 'uploads', key.split('/')[1] ?? ''))).toEqual([key.split('/')[2]])
  })

  it('fails a ping when its folder cannot be made', async () => {
    const file = join(await makeFolder(), 'file')
    await writeFile(file, '')
    const store = await createFileStore({ storageUrl: undefined, dataDir: file, s3Endpoint: undefined })
    await expect(store.ping()).rejects.toThrow(/EEXIST|ENOTDIR/)
    await expect(store.write(Readable.from([Buffer.from('a')]), LIMITS)).rejects.toThrow(/EEXIST|ENOTDIR/)
    expect((await stat(file)).size).toBe(0)
  })
})

describe('the S3 store', () => {
  it('fails a ping when there is no such bucket, or no server', async () => {
    const absent = await createFileStore({ storageUrl: 's3://absent', dataDir: '/nowhere', s3Endpoint: s3.endpoint })
    await expect(absent.ping()).rejects.toThrow(/NoSuchBucket|bucket does not exist/i)
    const dead = await createFileStore({ storageUrl: 's3://bucket', dataDir: '/', s3Endpoint: 'http://127.0.0.1:1' })
    await expect(dead.ping()).rejects.toThrow(/ECONNREFUSED/)
  })
})
