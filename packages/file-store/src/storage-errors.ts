import { UnavailableError } from '@importer/contracts'

/**
 * The storage did not answer, or refused: it is away, overloaded, full, wrongly configured, or its credentials are not
 * valid. Nothing is known about the file. `location` and `cause` are for the log.
 */
export class StorageUnavailableError extends UnavailableError {
  override readonly name: string = 'StorageUnavailableError'
  readonly location: string

  constructor(location: string, cause: unknown) {
    const message = `the storage is unavailable: ${describeCause(cause)}`
    const isBucketMissing = cause instanceof Error && cause.name === 'NoSuchBucket'
    super(
      'STORAGE_UNAVAILABLE',
      message,
      isBucketMissing ? { cause, advice: explainMissingBucket(location) } : { cause },
    )
    this.location = location
  }
}

/** The storage answers, and is not the one that belongs to the database. */
export class WrongStorageError extends UnavailableError {
  override readonly name = 'WrongStorageError'
  declare readonly advice: string

  constructor(advice: string) {
    const message = 'the storage is not the one that belongs to this database; see the log for what to do'
    super('STORAGE_UNAVAILABLE', message, { advice })
  }
}

/** The stored bytes are not those that were uploaded: reading them again does not help. */
export class FileDamagedError extends Error {
  override readonly name = 'FileDamagedError'
  readonly code = 'FILE_DAMAGED'
  readonly key: string
  /** The first byte, from 0, that is not known to be right. */
  readonly byte: number
  /** What is wrong, from this byte on. */
  readonly what: string

  constructor(key: string, byte: number, what: string) {
    super(`the stored file ${key} is damaged: ${what}`)
    this.key = key
    this.byte = byte
    this.what = what
  }
}

/** It does not come back by itself, unlike most of what makes a storage unavailable. */
function explainMissingBucket(location: string): string {
  return (
    `there is no bucket for ${location}. Set STORAGE_URL to the storage that holds the uploads, the same for every intake ` +
    'and worker, and S3_ENDPOINT to its server; a new installation needs an empty bucket first'
  )
}

/** By codes, as an error's words may hold an address. S3 errors are known by their name and status. */
function describeCause(cause: unknown): string {
  if (typeof cause === 'string') return cause
  if (!(cause instanceof Error)) return 'unknown'
  const { code, $metadata } = cause as { code?: unknown; $metadata?: { httpStatusCode?: number } }
  const name = typeof code === 'string' ? code : cause.name
  return $metadata?.httpStatusCode === undefined ? name : `${name} (HTTP ${$metadata.httpStatusCode})`
}
