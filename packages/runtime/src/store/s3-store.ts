import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  paginateListParts,
  S3Client,
  S3ServiceException,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'

import { checkFileKey, isFileName, KEY_FOLDER, listDays, makeFileKey } from './file-key.ts'
import { FileMissingError, FileTooLargeError, type ByteRange, type FileStore, type StoredFile } from './file-store.ts'
import { readChunksOf, toBuffer } from './read-chunks-of.ts'

/** Parts in memory at once: this many times the size of one. */
const PARALLEL_PARTS = 3
const PART_BYTES = 8 * 1024 * 1024
const MAX_PARTS = 10_000
/**
 * A file is read by requests of this size rather than by one: an import takes minutes over a large file, and a server
 * hangs up on a reader that slow. Each is short enough to be asked for again.
 */
const READ_REQUEST_BYTES = 4 * 1024 * 1024
const READ_CHUNK_BYTES = 1024 * 1024
const READ_ATTEMPTS = 3

/** Nothing shows that a write lives but its next part, for which a slow client may take hours; nor that a file is wanted. */
const DEAD_AFTER_MS = { unfinished: 24 * 3_600_000, finished: 24 * 3_600_000 }
const CONNECT_TIMEOUT_MS = 5000
const SOCKET_TIMEOUT_MS = 30_000

export interface S3StoreOptions {
  readonly bucket: string
  /** Before every key; empty or with a slash at its end. */
  readonly prefix: string
  /** The address of a server other than Amazon's; its buckets are named in the path. */
  readonly endpoint?: string
}

interface UnfinishedUpload {
  readonly objectKey: string
  readonly uploadId: string
}

/**
 * Keeps files in a bucket, under the keys that the disk store would give them. Credentials and region come from the
 * standard environment, files and instance roles that the SDK knows. A file becomes visible only when it is whole.
 */
export async function createS3Store({ bucket, prefix, endpoint }: S3StoreOptions): Promise<FileStore> {
  const client = await createClient(endpoint)

  function objectKeyOf(key: string): string {
    return `${prefix}${checkFileKey(key)}`
  }

  async function write(stream: Readable, { maxBytes }: { readonly maxBytes: number }): Promise<StoredFile> {
    const key = makeFileKey()
    const chunks = readChunksOf(stream)
    const hash = createHash('sha256')
    let bytes = 0
    let sourceFailure: { readonly error: unknown } | undefined

    async function* hashChunks(): AsyncGenerator<Buffer> {
      try {
        for await (const chunk of chunks) {
          bytes += chunk.length
          if (bytes > maxBytes) throw new FileTooLargeError(maxBytes)
          hash.update(chunk)
          yield chunk
        }
      } catch (error) {
        sourceFailure = { error }
        throw error
      }
    }

    const upload = new Upload({
      client,
      params: { Bucket: bucket, Key: objectKeyOf(key), Body: Readable.from(hashChunks(), { objectMode: false }) },
      partSize: Math.max(PART_BYTES, Math.ceil(maxBytes / MAX_PARTS)),
      queueSize: PARALLEL_PARTS,
    })
    try {
      await upload.done()
    } catch (error) {
      // The upload has taken back its parts; if that failed too, its error hides the first one.
      throw sourceFailure ? sourceFailure.error : error
    }
    return { key, bytes, sha256: hash.digest('hex') }
  }

  function read(key: string, range: ByteRange = {}): Readable {
    const objectKey = objectKeyOf(key)
    return Readable.from(readPieces(key, objectKey, range), { objectMode: false, highWaterMark: READ_CHUNK_BYTES })
  }

  async function* readPieces(key: string, objectKey: string, { start = 0, end = Infinity }: ByteRange) {
    for (let position = start; position <= end;) {
      const last = Math.min(end, position + READ_REQUEST_BYTES - 1)
      const piece = await readPiece(key, objectKey, position, last)
      for (let from = 0; from < piece.length; from += READ_CHUNK_BYTES) {
        yield piece.subarray(from, from + READ_CHUNK_BYTES)
      }
      position += piece.length
      // Shorter than asked for: the file ends here.
      if (position <= last) return
    }
  }

  /** The bytes from `first` to `last`, fewer at the end of the file, none behind it. */
  async function readPiece(key: string, objectKey: string, first: number, last: number): Promise<Buffer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: objectKey, Range: `bytes=${first}-${last}` })
        const { Body, ContentRange } = await client.send(command)
        if (first > 0 && !ContentRange?.startsWith(`bytes ${first}-`)) {
          throw new Error(`the S3 server answered a request for the bytes from ${first} with others`)
        }
        const bytes = Body ? toBuffer(await Body.transformToByteArray()) : Buffer.alloc(0)
        return bytes.subarray(0, last - first + 1)
      } catch (error) {
        if (statusOf(error) === 404) throw new FileMissingError(key, { cause: error })
        if (statusOf(error) === 416) return Buffer.alloc(0)
        // The SDK asks again by itself until an answer begins; this is for connections that break within one.
        if (error instanceof S3ServiceException || attempt === READ_ATTEMPTS) throw error
      }
    }
  }

  async function size(key: string): Promise<number> {
    try {
      const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: objectKeyOf(key) }))
      return ContentLength ?? 0
    } catch (error) {
      throw statusOf(error) === 404 ? new FileMissingError(key, { cause: error }) : error
    }
  }

  async function remove(key: string): Promise<void> {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: objectKeyOf(key) }))
  }

  async function ping(): Promise<void> {
    await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}${KEY_FOLDER}/`, MaxKeys: 1 }))
  }

  async function* findUnfinished(olderThanMs: number): AsyncGenerator<UnfinishedUpload> {
    const before = Date.now() - olderThanMs
    let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
    while (marker) {
      const page: ListMultipartUploadsCommandOutput = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `${prefix}${KEY_FOLDER}/`, ...marker }),
      )
      for (const { Key: objectKey, UploadId: uploadId, Initiated: begun } of page.Uploads ?? []) {
        if (!objectKey || !uploadId || !begun || begun.getTime() > before) continue
        if ((await findLastProgress({ objectKey, uploadId }, begun)) <= before) yield { objectKey, uploadId }
      }
      marker =
        page.IsTruncated && page.NextKeyMarker
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker ?? '' }
          : undefined
    }
  }

  /** When the last part came in: an upload begun hours ago may still be alive. Epoch milliseconds. */
  async function findLastProgress({ objectKey, uploadId }: UnfinishedUpload, begun: Date): Promise<number> {
    let last = begun.getTime()
    const input = { Bucket: bucket, Key: objectKey, UploadId: uploadId }
    try {
      for await (const { Parts = [] } of paginateListParts({ client }, input)) {
        for (const { LastModified } of Parts) last = Math.max(last, LastModified?.getTime() ?? 0)
      }
    } catch (error) {
      // Finished or aborted meanwhile, so nothing of it is left to clean up.
      if (statusOf(error) === 404) return Infinity
      throw error
    }
    return last
  }

  async function listUnfinished({ olderThanMs }: { readonly olderThanMs: number }): Promise<string[]> {
    const names: string[] = []
    for await (const { objectKey, uploadId } of findUnfinished(olderThanMs)) {
      names.push(`${objectKey.slice(prefix.length)}?uploadId=${uploadId}`)
    }
    return names
  }

  async function removeUnfinished({ olderThanMs }: { readonly olderThanMs: number }): Promise<number> {
    let removed = 0
    for await (const { objectKey, uploadId } of findUnfinished(olderThanMs)) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: objectKey, UploadId: uploadId }))
      removed += 1
    }
    return removed
  }

  async function* listFinished(age: {
    readonly olderThanMs: number
    readonly newerThanMs: number
  }): AsyncGenerator<string> {
    const now = Date.now()
    const [from, to] = [now - age.newerThanMs, now - age.olderThanMs]
    // The day of a key is that of the upload's begin, so a long upload stands in an earlier one than its end.
    for (const day of listDays(from - 24 * 60 * 60 * 1000, to)) {
      const folder = `${prefix}${KEY_FOLDER}/${day}/`
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: folder })) {
        for (const { Key: objectKey = '', LastModified } of Contents) {
          const name = objectKey.slice(folder.length)
          const modifiedMs = LastModified?.getTime() ?? 0
          if (isFileName(name) && modifiedMs >= from && modifiedMs <= to) yield `${KEY_FOLDER}/${day}/${name}`
        }
      }
    }
  }

  return {
    deadAfterMs: DEAD_AFTER_MS,
    write,
    read,
    size,
    remove,
    // An object's time cannot be changed; a day is time enough for any request.
    touch: async () => undefined,
    ping,
    listUnfinished,
    removeUnfinished,
    listFinished,
    close: async () => client.destroy(),
  }
}

async function createClient(endpoint: string | undefined): Promise<S3Client> {
  const common = {
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
  }
  if (endpoint === undefined) return new S3Client(common)
  const options = {
    ...common,
    endpoint,
    forcePathStyle: true,
    // Other servers do not all know the newer checksums, which the SDK adds to everything by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const
  const client = new S3Client(options)
  try {
    await client.config.region()
    return client
  } catch {
    // No region is configured. Such servers have none, but requests are signed with one: this is the usual name.
    return new S3Client({ ...options, region: 'us-east-1' })
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}
