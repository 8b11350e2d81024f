import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, type ZlibOptions } from 'node:zlib'

import type { FileStore, StoredFile } from '@importer/file-store'

import { decodeText, markedEncodingOf, type UploadEncoding } from './decode-text.ts'
import type { HeadStore } from './read-head.ts'

export interface UnpackOptions {
  readonly store: FileStore
  readonly fileKey: string
  readonly encoding: UploadEncoding
  readonly maxBytes: number
}

/** What was uploaded cannot be unpacked. The message is for the user. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError'
  readonly code: 'INVALID_GZIP' | 'INVALID_WORKBOOK' | 'COMPRESSION_RATIO_TOO_HIGH'

  constructor(code: UnpackError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Text that repeats itself packs by 10 to 50; by 1,000 only what was made to. */
const MAX_RATIO = 200
const RATIO_COUNTS_FROM_BYTES = 16 * 1024 * 1024

/**
 * Makes UTF-8 text of an upload that is packed with gzip (known by its magic number) or in another encoding, as a stream
 * from the store into the store; null when it is plain UTF-8 already. So everything after it, byte offsets included, has
 * to do with one kind of file only. Throws an UnpackError, or a FileTooLargeError above `maxBytes`.
 */
export async function unpackUpload({ store, fileKey, encoding, maxBytes }: UnpackOptions): Promise<StoredFile | null> {
  const magic = await readMagic(store, fileKey)
  const packed = isGzip(magic)
  if (!packed && (markedEncodingOf(magic) ?? encoding) === 'utf-8') return null
  let stored: StoredFile | null = null
  const writes: Promise<StoredFile>[] = []
  try {
    await pipeline(
      store.read(fileKey),
      ...(await createUnpacking(store, fileKey, packed)),
      async (text: AsyncIterable<Buffer>) => {
        const write = store.write(Readable.from(decodeText(text, encoding), { objectMode: false }), { maxBytes })
        writes.push(write)
        stored = await write
      },
    )
  } catch (error) {
    // A pipeline that fails does not wait for its last stage. Here it does: the failure is reported after what was stored is removed.
    await Promise.allSettled(writes)
    throw explainGzip(error)
  }
  return stored
}

/**
 * Gives the bytes of an upload to `take`, unpacked where it is packed; of a packed file that is cut off those before its end. Throws an
 * UnpackError, and what `take` throws.
 */
export async function readUnpacked(
  store: HeadStore,
  fileKey: string,
  take: (bytes: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const packed = isGzip(await readMagic(store, fileKey))
  const options = { finishFlush: constants.Z_SYNC_FLUSH }
  try {
    await pipeline(store.read(fileKey), ...(await createUnpacking(store, fileKey, packed, options)), take)
  } catch (error) {
    throw explainGzip(error)
  }
}

async function createUnpacking(
  store: HeadStore,
  fileKey: string,
  packed: boolean,
  options: ZlibOptions = {},
): Promise<[Transform, Transform]> {
  return packed
    ? [createGunzip(options), limitRatio(await store.size(fileKey))]
    : [new PassThrough(), limitRatio(Infinity)]
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

const MAGIC_BYTES = 4

/** The first bytes of a stored upload, by which its kind is known. */
export async function readMagic(store: HeadStore, fileKey: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(fileKey, { start: 0, end: MAGIC_BYTES - 1 })) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

function limitRatio(packedBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= RATIO_COUNTS_FROM_BYTES || bytes <= packedBytes * MAX_RATIO) done(null, chunk)
      else {
        done(
          new UnpackError(
            'COMPRESSION_RATIO_TOO_HIGH',
            `the file unpacks to more than ${MAX_RATIO} times its size; expected CSV`,
          ),
        )
      }
    },
  })
}

/** A stream that cannot be unpacked is the user's; everything else is passed on. */
export function explainGzip(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (!code.startsWith('Z_')) return error
  return new UnpackError('INVALID_GZIP', 'the file begins as gzip and cannot be unpacked; expected it whole', {
    cause: error,
  })
}
