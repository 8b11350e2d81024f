import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { BlockChecksums, CHECKSUM_BLOCK_BYTES, type FileChecksums } from './block-checksums.ts'
import type { ByteRange } from './file-store.ts'
import { readVerified } from './read-verified.ts'
import { FileDamagedError } from './storage-errors.ts'

const BLOCK = CHECKSUM_BLOCK_BYTES

function describeContent(content: Buffer, chunkBytes = 65_537): FileChecksums {
  const checksums = new BlockChecksums()
  for (let from = 0; from < content.length; from += chunkBytes)
    checksums.update(content.subarray(from, from + chunkBytes))
  return { bytes: content.length, checksums: checksums.digest() }
}

/** A store that gives what `stored` holds at the time, in chunks of one size. */
function openFile(expected: FileChecksums, stored: () => Buffer, chunkBytes = 100_000) {
  const requests: Required<ByteRange>[] = []
  async function* read(range: Required<ByteRange>): AsyncGenerator<Buffer> {
    requests.push(range)
    const content = stored()
    const end = Math.min(range.end + 1, content.length)
    for (let from = range.start; from < end; from += chunkBytes)
      yield content.subarray(from, Math.min(end, from + chunkBytes))
  }
  return { requests, readRange: (range: ByteRange) => readVerified({ key: 'k', expected, range, read }) }
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; failure: unknown }> {
  const taken: Buffer[] = []
  try {
    for await (const piece of pieces) taken.push(piece)
  } catch (failure) {
    return { bytes: Buffer.concat(taken), failure }
  }
  return { bytes: Buffer.concat(taken), failure: undefined }
}

const SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 17]
const PLACES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 16, 3 * BLOCK + 17, 9 * BLOCK]

test('checksums do not depend on how the file came', () => {
  const content = randomBytes(2 * BLOCK + 5)
  const whole = describeContent(content, content.length).checksums
  for (const chunkBytes of [7_919, BLOCK - 1, BLOCK, BLOCK + 1]) {
    expect(describeContent(content, chunkBytes).checksums).toEqual(whole)
  }
  expect(whole).toHaveLength(3 * 4)
})

describe.each(SIZES)('of a file of %d bytes', (size) => {
  const content = randomBytes(size)
  const expected = describeContent(content)

  test('every range is given as it is', async () => {
    for (const chunkBytes of [BLOCK / 2, 100_000, 3 * BLOCK]) {
      const { readRange } = openFile(expected, () => content, chunkBytes)
      for (const start of PLACES) {
        for (const end of [undefined, ...PLACES.filter((place) => place >= start)]) {
          const range = end === undefined ? { start } : { start, end }
          const { bytes, failure } = await collect(readRange(range))
          expect(failure).toBeUndefined()
          expect(bytes.equals(content.subarray(start, (end ?? size) + 1)), `${start} to ${end}`).toBe(true)
        }
      }
    }
  })

  test.skipIf(size === 0)('a changed bit is found, and nothing of its block is given', async () => {
    for (const place of PLACES.filter((at) => at < size)) {
      const damaged = Buffer.from(content)
      damaged[place] = (damaged[place] ?? 0) ^ 1
      const { readRange, requests } = openFile(expected, () => damaged)
      const { bytes, failure } = await collect(readRange({}))
      const block = Math.floor(place / BLOCK)
      expect(failure).toBeInstanceOf(FileDamagedError)
      expect(failure).toMatchObject({
        code: 'FILE_DAMAGED',
        byte: block * BLOCK,
        message: expect.stringContaining('not those'),
      })
      expect(bytes.equals(content.subarray(0, block * BLOCK))).toBe(true)
      // Read a second time before it was given up.
      expect(requests).toHaveLength(2)
      // Whoever reads behind it does not meet it, and whoever reads within its block does.
      expect((await collect(readRange({ start: (block + 1) * BLOCK }))).failure).toBeUndefined()
      const within = (block + 1) * BLOCK - 1
      if (within < size) expect((await collect(readRange({ start: within }))).failure).toBeInstanceOf(FileDamagedError)
    }
  })

  test('a file that is shorter or longer is damaged at its end', async () => {
    const longer = openFile(expected, () => Buffer.concat([content, Buffer.from('\n')]))
    const read = await collect(longer.readRange({}))
    expect(read.failure).toMatchObject({
      code: 'FILE_DAMAGED',
      message: expect.stringContaining(`longer than the ${size}`),
    })
    expect((await collect(longer.readRange({ start: size }))).failure).toMatchObject({ code: 'FILE_DAMAGED' })
    for (const cut of [0, 1, size - 1, size - BLOCK].filter((at) => at >= 0 && at < size)) {
      const shorter = openFile(expected, () => content.subarray(0, cut))
      const { bytes, failure } = await collect(shorter.readRange({}))
      expect(failure).toMatchObject({ code: 'FILE_DAMAGED', message: expect.stringContaining(`ends after ${cut} of`) })
      expect(bytes.equals(content.subarray(0, Math.floor(cut / BLOCK) * BLOCK))).toBe(true)
    }
  })
})

test('what was damaged on its way is read again, and the rest is given once', async () => {
  const content = randomBytes(4 * BLOCK)
  const damaged = Buffer.from(content)
  damaged[2 * BLOCK] = (damaged[2 * BLOCK] ?? 0) ^ 1
  let reads = 0
  const { readRange } = openFile(describeContent(content), () => (reads++ === 0 ? damaged : content))
  const { bytes, failure } = await collect(readRange({ start: 5, end: 4 * BLOCK - 6 }))
  expect(failure).toBeUndefined()
  expect(bytes.equals(content.subarray(5, 4 * BLOCK - 5))).toBe(true)
})

test('a reader in the middle asks for its block and what follows, not for what is before', async () => {
  const content = randomBytes(5 * BLOCK)
  const { readRange, requests } = openFile(describeContent(content), () => content)
  await collect(readRange({ start: 2 * BLOCK + 100, end: 3 * BLOCK + 1 }))
  expect(requests).toEqual([{ start: 2 * BLOCK, end: 4 * BLOCK - 1 }])
})
