import { createHash, randomBytes } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { startS3Server, type S3Server } from '../tests/support/s3-server.ts'
import { createFileStore } from './create-file-store.ts'
import { formatHour } from './file-key.ts'
import {
  FileMissingError,
  FileTooLargeError,
  InvalidFileKeyError,
  type FileStore,
  type StoredEntry,
} from './file-store.ts'

const MIB = 1024 * 1024
const LIMITS = { maxBytes: 64 * MIB }
const KEY = /^uploads\/\d{4}-\d\d-\d\d\/\d\d\/[\da-f-]{36}$/
/** As an older version made them, and as they are made. */
const OLD_ABSENT = 'uploads/2026-01-02/00000000-0000-4000-8000-000000000000'
const ABSENT = 'uploads/2026-01-02/03/00000000-0000-4000-8000-000000000000'

let s3: S3Server

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
  vi.stubEnv('AWS_REGION', undefined)
  s3 = await startS3Server('bucket')
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await s3.close()
})

/** A store with nothing in it. */
const KINDS: Record<string, () => Promise<FileStore>> = {
  disk: async () =>
    createFileStore({ storageUrl: undefined, dataDir: await makeTemporaryFolder(), s3Endpoint: undefined }),
  'disk by URL': async () =>
    createFileStore({
      storageUrl: `file://${await makeTemporaryFolder()}/new/folders`,
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

/** Of the whole at once. */
function computeChecksums(content: Buffer): Buffer {
  const blocks = Array.from({ length: Math.ceil(content.length / 262_144) }, (_, i) =>
    crc32(content.subarray(i * 262_144, (i + 1) * 262_144)),
  )
  return Buffer.from(Uint32Array.from(blocks).buffer).swap32()
}

function makeChunks(sizes: readonly number[]): Buffer[] {
  return sizes.map((size) => randomBytes(size))
}

/** Of this hour and the one before, in which the test may have begun. */
async function listEntries(store: FileStore): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = []
  for (const hour of [formatHour(Date.now() - 3_600_000), formatHour(Date.now())]) {
    for await (const entry of store.listPeriod(hour)) entries.push(entry)
  }
  return entries
}

async function listNames(store: FileStore, kind: StoredEntry['kind']): Promise<string[]> {
  return (await listEntries(store)).filter((entry) => entry.kind === kind).map(({ name }) => name)
}

async function expectNothingLeft(store: FileStore): Promise<void> {
  expect(await listEntries(store)).toEqual([])
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
      checksums: computeChecksums(content),
    })
    expect(await store.size(stored.key)).toBe(content.length)
    expect((await buffer(store.read(stored.key))).equals(content)).toBe(true)
    expect(await listEntries(store)).toEqual([
      { kind: 'finished', name: stored.key, modifiedMs: expect.closeTo(Date.now(), -5) },
    ])
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
    await expect(store.size(OLD_ABSENT)).rejects.toThrow(FileMissingError)
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
    OLD_ABSENT.replace('/0', '/3/0'),
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
    const name = await vi.waitUntil(async () => (await listNames(store, 'unfinished'))[0], 5000)
    expect(await listNames(store, 'finished')).toEqual([])
    await store.removeUnfinished(name)
    await store.removeUnfinished(name)
    stream.destroy(new Error('connection reset'))
    await failed
    await expectNothingLeft(store)
    await expect(store.removeUnfinished(ABSENT)).rejects.toThrow(InvalidFileKeyError)
  })

  it('lists what was begun in one hour, or without an hour on one day', async () => {
    await renew()
    const { key } = await store.write(Readable.from([Buffer.from('a,b\n')]), LIMITS)
    const list = async (period: string) => {
      const names: string[] = []
      for await (const { name } of store.listPeriod(period)) names.push(name)
      return names
    }
    const [, day = '', hour = ''] = key.split('/')
    expect(await list(`${day}/${hour}`)).toEqual([key])
    expect(await list(day)).toEqual([])
    expect(await list('2024-02-29/23')).toEqual([])
    await expect(list('2024-02-29/../..')).rejects.toThrow(TypeError)
  })

  it('keeps the first identity that it is given, whoever writes at the same time', async () => {
    await renew()
    expect(await store.isEmpty()).toBe(true)
    expect(await store.readIdentity()).toBeNull()
    const first = await store.writeIdentity('installation-1')
    expect(first).toBe('installation-1')
    const written = await Promise.all(['installation-2', 'installation-3'].map((id) => store.writeIdentity(id)))
    expect(written).toEqual([first, first])
    expect(await store.readIdentity()).toBe(first)
    expect(await store.isEmpty()).toBe(true)
    await store.write(Readable.from([Buffer.from('a')]), LIMITS)
    expect(await store.isEmpty()).toBe(false)
  })

  it('answers a ping, when it is still empty and when it holds files', async () => {
    await renew()
    await store.ping()
    await store.writeIdentity('id')
    for (const content of ['a', 'b']) await store.write(Readable.from([Buffer.from(content)]), LIMITS)
    await store.ping()
    expect(await store.isEmpty()).toBe(false)
    await store.close()
  })
})
