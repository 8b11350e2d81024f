import type { Readable } from 'node:stream'

import type { FileChecksums } from './block-checksums.ts'

/**
 * Where uploaded files are kept. Every implementation passes the same tests.
 *
 * Whatever the disk or the server answers that is not about one file is a StorageUnavailableError.
 */
export interface FileStore {
  /** For people: a folder, or `s3://bucket/prefix`. */
  readonly location: string
  /** Where the identity is kept, likewise. */
  readonly identityLocation: string
  /** For how long a store that has proved its identity cannot be exchanged under a running process. In milliseconds. */
  readonly identityHoldsMs: number
  /**
   * How long no sign of life must have come of a write (`unfinished`), or of a finished file that nobody knows
   * (`finished`), before it is sure that its process is dead. In milliseconds.
   */
  readonly deadAfterMs: { readonly unfinished: number; readonly finished: number }
  /**
   * Stores what `stream` gives, durably: once it resolves, a power cut loses nothing. On any failure, an aborted stream
   * included, nothing is left. Throws a FileTooLargeError above `maxBytes`; the rest of the stream is then left unread
   * and undestroyed, so that a server can still answer the request that it belongs to.
   */
  write(stream: Readable, limits: { readonly maxBytes: number }): Promise<StoredFile>
  /**
   * The bytes from `start` to `end`, both included, from 0, as Buffers of up to 1 MiB; none when `start` is past the end.
   * The stream fails with a FileMissingError when there is no such file. Throws an InvalidFileKeyError.
   */
  read(key: string, range?: ByteRange): Readable
  /** In bytes. Throws a FileMissingError. */
  size(key: string): Promise<number>
  /** Removing a file that is not there is no error. */
  remove(key: string): Promise<void>
  /**
   * Says that a finished file is still wanted: it counts as stored just now, where the store can tell. One that is not
   * there is no error.
   */
  touch(key: string): Promise<void>
  /** Throws when files cannot be written, or not be read. It writes to see that: in S3 once a minute at most. */
  ping(): Promise<void>
  /** Which installation this store belongs to; null: nobody has said so yet. */
  readIdentity(): Promise<string | null>
  /** Sets the identity, unless there is one, and gives the one that holds. */
  writeIdentity(identity: string): Promise<string>
  /** Whether there is no file at all. */
  isEmpty(): Promise<boolean>
  /**
   * What was begun in one period: the hour `<yyyy-mm-dd>/<hh>`, or of files that have no hour in their key the day
   * `<yyyy-mm-dd>`. One request, or one folder, however many files there are in others.
   */
  listPeriod(period: string): AsyncIterable<StoredEntry>
  /** The time by which entries count as changed, in epoch milliseconds: the storage's, not the host's. */
  readClock(): Promise<number>
  /** Removes an unfinished entry by its name. One that is finished or gone is no error. */
  removeUnfinished(name: string): Promise<void>
  /** Removes what was written before `beforeMs`, by the storage's clock, only to see how the storage answers, by processes now dead. */
  removeDeadProbes(beforeMs: number): Promise<void>
  close(): Promise<void>
}

/** A file, whose `name` is its key, or what is there of one that is being written, or whose writer died. */
export interface StoredEntry {
  readonly kind: 'finished' | 'unfinished'
  readonly name: string
  /** The last sign of life, in epoch milliseconds. */
  readonly modifiedMs: number
}

export interface StoredFile extends FileChecksums {
  readonly key: string
  /** In lower-case hexadecimal. */
  readonly sha256: string
}

export interface ByteRange {
  readonly start?: number
  readonly end?: number
}

export class FileTooLargeError extends Error {
  override readonly name = 'FileTooLargeError'
  readonly code = 'FILE_TOO_LARGE'
  readonly maxBytes: number

  constructor(maxBytes: number) {
    super(`the file is larger than ${maxBytes} bytes`)
    this.maxBytes = maxBytes
  }
}

export class FileMissingError extends Error {
  override readonly name = 'FileMissingError'
  readonly code = 'FILE_MISSING'
  readonly key: string

  constructor(key: string, options?: ErrorOptions) {
    super(`there is no stored file ${key}`, options)
    this.key = key
  }
}

/** The key was not made by a file store. */
export class InvalidFileKeyError extends Error {
  override readonly name = 'InvalidFileKeyError'
  readonly code = 'INVALID_FILE_KEY'

  constructor() {
    super('this is no key of a stored file')
  }
}
