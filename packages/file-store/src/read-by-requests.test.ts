import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { describe, expect, it } from 'vitest'

import { readByRequests, type RequestPiece } from './read-by-requests.ts'

const KIB = 1024
const MIB = 1024 * KIB
const FILE = randomBytes(17 * MIB + 5)

function record() {
  const requests: { first: number; bytes: number; signal: AbortSignal }[] = []
  const request: RequestPiece = async (first, last, signal) => {
    requests.push({ first, bytes: last - first + 1, signal })
    return { bytes: FILE.subarray(first, last + 1), isEnd: last + 1 >= FILE.length }
  }
  return { requests, request }
}

describe('a file that is read by requests', () => {
  it.each<[string, { start?: number; end?: number }, number[]]>([
    ['the whole', {}, [256 * KIB, 256 * KIB, 512 * KIB, MIB, 2 * MIB, 4 * MIB, 4 * MIB, 4 * MIB, 4 * MIB]],
    ['two blocks', { start: 3, end: 512 * KIB + 2 }, [512 * KIB]],
    ['a little more', { start: 0, end: 512 * KIB }, [256 * KIB, 256 * KIB + 1]],
    ['one byte', { start: 7, end: 7 }, [1]],
    ['its end', { start: FILE.length - 1 }, [256 * KIB]],
  ])('%s costs as many bytes and few requests', async (_name, range, sizes) => {
    const { requests, request } = record()
    const bytes = await buffer(Readable.from(readByRequests(range, request), { objectMode: false }))
    expect(bytes.equals(FILE.subarray(range.start ?? 0, (range.end ?? FILE.length) + 1))).toBe(true)
    expect(requests.map((sent) => sent.bytes)).toEqual(sizes)
  })

  it('is not read beyond what its reader takes', async () => {
    const { requests, request } = record()
    const stream = Readable.from(readByRequests({ start: 5 }, request), { objectMode: false, highWaterMark: 0 })
    for await (const chunk of stream) {
      expect((chunk as Buffer).length).toBe(256 * KIB)
      break
    }
    expect(requests).toMatchObject([{ first: 5, bytes: 256 * KIB, signal: { aborted: true } }])
  })

  it('is read one request ahead of a reader that reads on, which ends with it', async () => {
    const { requests, request } = record()
    let read = 0
    for await (const { length } of readByRequests({}, request)) {
      read += length
      if (read > 4 * MIB) break
    }
    expect(requests.map(({ first }) => first)).toEqual([0, 0.25, 0.5, 1, 2, 4, 8].map((mib) => mib * MIB))
    expect(requests.at(-1)?.signal.aborted).toBe(true)
  })

  it('fails for whoever waits for the piece that failed', async () => {
    const { request } = record()
    const failing: RequestPiece = async (first, last, signal) => {
      if (first >= 8 * MIB) throw new Error('the server is gone')
      return request(first, last, signal)
    }
    let read = 0
    const readAll = async (): Promise<void> => {
      for await (const { length } of readByRequests({}, failing)) read += length
    }
    await expect(readAll()).rejects.toThrow('the server is gone')
    expect(read).toBe(8 * MIB)
  })
})
