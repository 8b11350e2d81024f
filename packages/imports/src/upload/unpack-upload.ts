import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, type ZlibOptions } from 'node:zlib'

import type { FileStore, StoredFile } from '@importer/file-store'

import type { HeadStore } from './read-head.ts'

export type UploadEncoding = 'utf-8' | 'windows-1252' | 'utf-16le'

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
      createDecoder(encoding),
      async (text: AsyncIterable<Buffer>) => {
        const write = store.write(Readable.from(text, { objectMode: false }), { maxBytes })
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

export type TextEncoding = UploadEncoding | 'utf-16be'

/** What a byte order mark says of the text behind it: it is believed, whatever was declared. That of UTF-32 begins as one of UTF-16. */
export function markedEncodingOf(head: Uint8Array): TextEncoding | undefined {
  const isUtf32 = head.length >= 4 && head[2] === 0 && head[3] === 0
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8'
  if (head[0] === 0xff && head[1] === 0xfe && !isUtf32) return 'utf-16le'
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined
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

/** The encoding is settled by the first bytes, which may be those of a mark. */
function createDecoder(declared: UploadEncoding): Transform {
  let head: Buffer | null = Buffer.alloc(0)
  let decode: Decode = passOn
  const begin = (bytes: Buffer): void => {
    head = null
    decode = createDecode(markedEncodingOf(bytes) ?? declared)
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let bytes = chunk
      if (head !== null) {
        bytes = Buffer.concat([head, chunk])
        if (bytes.length < MAGIC_BYTES) {
          head = bytes
          return done()
        }
        begin(bytes)
      }
      done(null, decode(bytes, false))
    },
    flush(done) {
      const rest = head ?? Buffer.alloc(0)
      if (head !== null) begin(rest)
      done(null, decode(rest, true))
    },
  })
}

type Decode = (chunk: Buffer, last: boolean) => string | Buffer

const passOn: Decode = (chunk) => chunk

export function createDecode(encoding: TextEncoding): Decode {
  if (encoding === 'utf-8') return passOn
  if (encoding === 'windows-1252') return decodeWindows1252
  // A half pair at the end of a piece is kept for the next one; what is no UTF-16 becomes U+FFFD.
  const decoder = new TextDecoder(encoding)
  return (chunk, last) => decoder.decode(chunk, { stream: !last })
}

/** 0x80 to 0x9f, where windows-1252 is not Latin-1: https://encoding.spec.whatwg.org/index-windows-1252.txt */
const WINDOWS_1252_HIGH =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

/** By hand: the TextDecoder of Node 20 takes it for Latin-1 when it is given everything at once. */
function decodeWindows1252(chunk: Buffer): string {
  return chunk
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (character) => WINDOWS_1252_HIGH[character.charCodeAt(0) - 0x80] ?? character)
}
