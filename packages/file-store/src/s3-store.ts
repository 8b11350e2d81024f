import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  paginateListParts,
  PutObjectCommand,
  type GetObjectCommandOutput,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3'
import { LIMITS } from '@importer/connections'

import { BlockChecksums } from './block-checksums.ts'
import { checkFileKey, checkPeriod, IDENTITY_KEY, isFileName, KEY_FOLDER, makeFileKey, PROBE_KEY } from './file-key.ts'
import {
  FileMissingError,
  FileTooLargeError,
  InvalidFileKeyError,
  type ByteRange,
  type FileStore,
  type StoredEntry,
  type StoredFile,
} from './file-store.ts'
import { PartSlots } from './part-slots.ts'
import { readByRequests, type Piece } from './read-by-requests.ts'
import { readChunksOf, trackSource } from './read-chunks-of.ts'
import { readAnswer, readBody, type ClosedRange } from './s3-answer.ts'
import { createS3Client, isInvalidRange, isNoSuchKey, isNoSuchUpload, isPreconditionFailed } from './s3-client.ts'
import { StorageUnavailableError } from './storage-errors.ts'
import { storeByParts } from './store-by-parts.ts'

/** Parts in memory at once, of all uploads of the process: this many times the size of one. */
const PART_SLOTS = 4
/** The least that S3 takes of a part that is not the last. */
const PART_BYTES = 5 * 1024 * 1024
const MAX_PARTS = 10_000
const READ_ATTEMPTS = 3

/** Nothing shows that a write lives but its next part, for which a slow client may take hours; nor that a file is wanted. */
const DEAD_AFTER_MS = { unfinished: 24 * 3_600_000, finished: 24 * 3_600_000 }
/** A bucket does not change its content as a whole: a minute's proof is enough for the upload that follows. */
const IDENTITY_HOLDS_MS = 60_000
/** Nor does it fill up, and each write is paid for, and kept where the bucket keeps versions. */
const WRITABLE_HOLDS_MS = 60_000

export interface S3StoreOptions {
  readonly bucket: string
  /** Before every key; empty or with a slash at its end. */
  readonly prefix: string
  /** The address of a server other than Amazon's; its buckets are named in the path. */
  readonly endpoint?: string
}

/** Keeps files in a bucket, under the keys that the disk store would give them. A file becomes visible only when it is whole. */
export async function createS3Store({ bucket, prefix, endpoint }: S3StoreOptions): Promise<FileStore> {
  const client = await createS3Client(endpoint)
  const location = `s3://${bucket}/${prefix}${KEY_FOLDER}`
  const { answerMs } = LIMITS.storage
  const slots = new PartSlots(
    PART_SLOTS,
    answerMs,
    () => new StorageUnavailableError(location, `no part of an upload was stored for ${answerMs / 1_000} s`),
  )

  function objectKeyOf(key: string): string {
    return `${prefix}${checkFileKey(key)}`
  }

  /**
   * Whatever the SDK throws is about the server, the way to it or the credentials (it has sent the request three times by
   * then), unless `explain` knows it better: it throws what is meant, or gives the result that the error stands for.
   */
  async function call<T, Known = never>(
    work: () => Promise<T>,
    explain?: (error: unknown) => { readonly result: Known } | undefined,
  ): Promise<T | Known> {
    try {
      return await work()
    } catch (error) {
      const known = explain?.(error)
      if (known !== undefined) return known.result
      throw new StorageUnavailableError(location, error)
    }
  }

  async function write(stream: Readable, { maxBytes }: { readonly maxBytes: number }): Promise<StoredFile> {
    const key = makeFileKey()
    const hash = createHash('sha256')
    const checksums = new BlockChecksums()
    const source = trackSource(readChunksOf(stream))
    let bytes = 0
    let tooLarge: FileTooLargeError | undefined

    async function* hashChunks(): AsyncGenerator<Buffer> {
      for await (const chunk of source.chunks) {
        bytes += chunk.length
        if (bytes > maxBytes) throw (tooLarge = new FileTooLargeError(maxBytes))
        hash.update(chunk)
        checksums.update(chunk)
        yield chunk
      }
    }

    const partBytes = Math.max(PART_BYTES, Math.ceil(maxBytes / MAX_PARTS))
    const target = { Bucket: bucket, Key: objectKeyOf(key) }
    await call(
      () => storeByParts(hashChunks(), { client, target, partBytes, slots }),
      (error) => {
        const failure = tooLarge === undefined ? source.failure() : { error: tooLarge }
        if (failure !== undefined) throw failure.error
        if (error instanceof StorageUnavailableError) throw error
        return undefined
      },
    )
    return { key, bytes, sha256: hash.digest('hex'), checksums: checksums.digest() }
  }

  function read(key: string, range: ByteRange = {}): Readable {
    const objectKey = objectKeyOf(key)
    const pieces = readByRequests(range, async (first, last, signal) =>
      readPiece(key, objectKey, { first, last }, signal),
    )
    // A request is sent when its bytes are wanted, not for a buffer that nobody may empty.
    return Readable.from(pieces, { objectMode: false, highWaterMark: 0 })
  }

  async function readPiece(key: string, objectKey: string, range: ClosedRange, signal: AbortSignal): Promise<Piece> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await getRange(key, objectKey, range, signal)
      if (answer === null) return { bytes: Buffer.alloc(0), isEnd: true }
      try {
        return await readAnswer(answer, range)
      } catch (error) {
        // The SDK repeats a request until its answer begins; this is for connections that break within one.
        if (attempt === READ_ATTEMPTS || signal.aborted) throw new StorageUnavailableError(location, error)
      }
    }
  }

  /** Null: the range begins behind the end of the file. */
  async function getRange(
    key: string,
    objectKey: string,
    { first, last }: ClosedRange,
    abortSignal?: AbortSignal,
  ): Promise<GetObjectCommandOutput | null> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: objectKey, Range: `bytes=${first}-${last}` })
    return call(
      () => client.send(command, abortSignal === undefined ? {} : { abortSignal }),
      (error) => {
        if (isNoSuchKey(error)) throw new FileMissingError(key, { cause: error })
        return isInvalidRange(error) ? { result: null } : undefined
      },
    )
  }

  async function size(key: string): Promise<number> {
    // A HEAD has no body, so its 404 does not tell a missing file from a missing bucket.
    const answer = await getRange(key, objectKeyOf(key), { first: 0, last: 0 })
    if (answer === null) return 0
    await call(() => readBody(answer))
    const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1]
    return total === undefined ? (answer.ContentLength ?? 0) : Number(total)
  }

  async function remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: objectKeyOf(key) })
    await call(() => client.send(command))
  }

  /** Without a limit of its own: there are servers that fail where a list is longer than what was asked for. */
  async function holdsObject(beginning: string): Promise<boolean> {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}${beginning}` })
    const { Contents = [] } = await call(() => client.send(command))
    return Contents.length > 0
  }

  let writableUntil = -Infinity
  async function ping(): Promise<void> {
    // One key at most, however many files there are.
    await holdsObject(IDENTITY_KEY)
    if (performance.now() < writableUntil) return
    const command = new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${PROBE_KEY}`, Body: 'write probe\n' })
    await call(() => client.send(command))
    writableUntil = performance.now() + WRITABLE_HOLDS_MS
  }

  async function readIdentity(): Promise<string | null> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: `${prefix}${IDENTITY_KEY}` })
    const answer = await call(
      () => client.send(command),
      (error) => (isNoSuchKey(error) ? { result: null } : undefined),
    )
    return answer === null ? null : (await call(() => readBody(answer))).toString('utf8').trim()
  }

  async function writeIdentity(identity: string): Promise<string> {
    const held = await readIdentity()
    if (held !== null) return held
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: `${prefix}${IDENTITY_KEY}`,
      Body: Buffer.from(`${identity}\n`),
      ContentType: 'text/plain',
      IfNoneMatch: '*',
    })
    await call(
      () => client.send(command),
      (error) => (isPreconditionFailed(error) ? { result: undefined } : undefined),
    )
    const written = await readIdentity()
    if (written === null) throw new StorageUnavailableError(location, 'an object is gone right after it was written')
    return written
  }

  /** What stands in a period, and not in one below it: keys without an hour and those with one share their beginning. */
  async function* listPeriod(period: string): AsyncGenerator<StoredEntry> {
    const folder = `${KEY_FOLDER}/${checkPeriod(period)}/`
    const input = { Bucket: bucket, Prefix: `${prefix}${folder}`, Delimiter: '/' }
    const pages = paginateListObjectsV2({ client }, input)
    for (let page = await call(() => pages.next()); page.done !== true; page = await call(() => pages.next())) {
      for (const { Key: objectKey = '', LastModified } of page.value.Contents ?? []) {
        const name = objectKey.slice(input.Prefix.length)
        if (!isFileName(name) || LastModified === undefined) continue
        yield { kind: 'finished', name: `${folder}${name}`, modifiedMs: LastModified.getTime() }
      }
    }
    yield* listUploads(input)
  }

  async function* listUploads(input: { Bucket: string; Prefix: string; Delimiter: string }) {
    let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
    while (marker) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ ...input, ...marker })
      const page: ListMultipartUploadsCommandOutput = await call(() => client.send(command))
      for (const { Key: objectKey, UploadId: uploadId, Initiated: begun } of page.Uploads ?? []) {
        if (!objectKey || !uploadId || !begun) continue
        const name = `${objectKey.slice(prefix.length)}?uploadId=${uploadId}`
        const modifiedMs = await findLastProgress(objectKey, uploadId, begun)
        if (modifiedMs !== null) yield { kind: 'unfinished', name, modifiedMs } as const
      }
      marker =
        page.IsTruncated && page.NextKeyMarker
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker ?? '' }
          : undefined
    }
  }

  /** When the last part came in: an upload begun hours ago may still be alive. Null: it is finished or aborted. */
  async function findLastProgress(objectKey: string, uploadId: string, begun: Date): Promise<number | null> {
    let last = begun.getTime()
    if (last > Date.now() - DEAD_AFTER_MS.unfinished) return last
    const pages = paginateListParts({ client }, { Bucket: bucket, Key: objectKey, UploadId: uploadId })
    for (;;) {
      const page = await call(
        () => pages.next(),
        (error) => (isNoSuchUpload(error) ? { result: null } : undefined),
      )
      if (page === null) return null
      if (page.done === true) return last
      for (const { LastModified } of page.value.Parts ?? []) last = Math.max(last, LastModified?.getTime() ?? 0)
    }
  }

  async function removeUnfinished(name: string): Promise<void> {
    const [, key, uploadId] = /^(.*)\?uploadId=(.+)$/.exec(name) ?? []
    if (key === undefined || uploadId === undefined) throw new InvalidFileKeyError()
    const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: objectKeyOf(key), UploadId: uploadId })
    await call(
      () => client.send(command),
      (error) => (isNoSuchUpload(error) ? { result: undefined } : undefined),
    )
  }

  return {
    location,
    identityLocation: `s3://${bucket}/${prefix}${IDENTITY_KEY}`,
    identityHoldsMs: IDENTITY_HOLDS_MS,
    deadAfterMs: DEAD_AFTER_MS,
    write,
    read,
    size,
    remove,
    // An object's time cannot be changed; a day is time enough for any request.
    touch: async () => undefined,
    ping,
    readIdentity,
    writeIdentity,
    // Keys begin with a day, and nothing else that is kept beside them with a digit.
    isEmpty: async () => !(await holdsObject(`${KEY_FOLDER}/2`)),
    listPeriod,
    // To a day the clocks of hosts are the same.
    readClock: async () => Date.now(),
    removeUnfinished,
    // There is one probe, for ever.
    removeDeadProbes: async () => undefined,
    close: async () => client.destroy(),
  }
}
