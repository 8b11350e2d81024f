import type { Readable } from 'node:stream'

/** Where uploaded files are kept. Every implementation passes the same tests. */
export interface FileStore {
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
  /** Throws when files can be neither written nor read. */
  ping(): Promise<void>
  /** Names of writes that were begun and have shown no sign of life for so long: what a killed process left. */
  listUnfinished(age: { readonly olderThanMs: number }): Promise<string[]>
  /** Removes what `listUnfinished` gives, and tells how many. */
  removeUnfinished(age: { readonly olderThanMs: number }): Promise<number>
  /** Keys of the files that were stored longer ago than `olderThanMs` and not longer ago than `newerThanMs`. */
  listFinished(age: { readonly olderThanMs: number; readonly newerThanMs: number }): AsyncIterable<string>
  close(): Promise<void>
}

export interface StoredFile {
  readonly key: string
  readonly bytes: number
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
