import { Readable } from 'node:stream'

import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { LIMITS } from '@importer/connections'

import { withTimeout } from '@importer/runtime'

import { LONGEST_REQUEST_BYTES, type Piece } from './read-by-requests.ts'
import { toBuffer } from './read-chunks-of.ts'

/** Both ends included. */
export interface ClosedRange {
  readonly first: number
  readonly last: number
}

/**
 * The bytes of a range. Throws when they are not those that were asked for, or fewer than announced: whether a file ends
 * is said by the length that comes with the answer, not by a body that stops.
 */
export async function readAnswer(answer: GetObjectCommandOutput, { first, last }: ClosedRange): Promise<Piece> {
  const announced = findAnnounced(answer, first)
  if (announced === undefined) {
    if (answer.Body instanceof Readable) answer.Body.destroy()
    throw new Error(`the server answered a request for the bytes ${first} to ${last} with others`)
  }
  const { bytes: announcedBytes, total } = announced
  if (announcedBytes < Math.min(last + 1, total) - first) {
    if (answer.Body instanceof Readable) answer.Body.destroy()
    throw new Error('the server announced less than it was asked for and has')
  }
  const bytes = await readBody(answer)
  if (bytes.length < announcedBytes) {
    throw new Error(`the server sent ${bytes.length} of the ${announcedBytes} bytes that it announced`)
  }
  return { bytes: bytes.subarray(0, last - first + 1), isEnd: last + 1 >= total }
}

function findAnnounced({ ContentRange, ContentLength }: GetObjectCommandOutput, first: number) {
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? '') ?? []
  if (total !== undefined) {
    return Number(from) === first ? { bytes: Number(to) - first + 1, total: Number(total) } : undefined
  }
  // The whole file, to a request for its beginning: no more of it than a request is for.
  if (first > 0 || ContentLength === undefined || ContentLength > LONGEST_REQUEST_BYTES) return undefined
  return { bytes: ContentLength, total: ContentLength }
}

/** The whole body, in bounded time. A server that goes silent or trickles is hung up on. */
export async function readBody({ Body }: GetObjectCommandOutput): Promise<Buffer> {
  if (Body === undefined) return Buffer.alloc(0)
  const { bodyMs } = LIMITS.storage
  const timedOut = () => new Error(`the server did not send what it announced within ${bodyMs} ms`)
  try {
    return toBuffer(await withTimeout(Body.transformToByteArray(), bodyMs, timedOut))
  } catch (error) {
    if (Body instanceof Readable) Body.destroy()
    throw error
  }
}
