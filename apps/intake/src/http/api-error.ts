import type { FaultCodeOf, FaultStatus, FieldFault, ImportStatus, UnavailableCode } from '@importer/contracts'

/** Headers that belong to an error's answer, such as `Retry-After`. */
export type ErrorHeaders = Readonly<Record<string, string | string[]>>

export interface ErrorDetails {
  /** Where the import stands that the request does not fit. */
  readonly state?: ImportStatus
  /** The import that stands in the way. */
  readonly importId?: number
}

/** A status with faults that come with it. */
export type Refusal<Status extends FaultStatus = FaultStatus> = {
  [One in Status]: readonly [
    status: One,
    faults: readonly [FieldFault<One>, ...FieldFault<One>[]],
    headers?: ErrorHeaders,
    details?: ErrorDetails,
  ]
}[Status]

/**
 * A request that cannot be served, in words for the client. Each API renders it in its own form.
 *
 * `field` of a fault is the multipart field at fault, or else the part of the request that is (a header's name, a path
 * parameter's name, `body`, `request`).
 */
export class ApiError extends Error {
  readonly status: FaultStatus
  readonly faults: readonly FieldFault<FaultStatus>[]
  readonly headers: ErrorHeaders
  /** What the native API gives beside the faults. */
  readonly details: ErrorDetails

  constructor(...[status, faults, headers = {}, details = {}]: Refusal) {
    super(faults[0].message)
    this.name = 'ApiError'
    this.status = status
    this.faults = faults
    this.headers = headers
    this.details = details
  }
}

/** The client closed its connection before it had an answer: nobody gets the answer. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client closed the connection before the request was complete')
    this.name = 'ClientGoneError'
  }
}

/** An answer that had begun could not go on, for its cause: the connection was destroyed, so that nobody takes it for a whole one. */
export class CutAnswerError extends Error {
  override readonly name = 'CutAnswerError'

  constructor(cause: unknown) {
    super('the answer could not go on', { cause })
  }
}

export function payloadTooLarge(maxBytes: number, what: 'file' | 'request' = 'file'): ApiError {
  return new ApiError(413, [
    {
      code: 'PAYLOAD_TOO_LARGE',
      field: 'file',
      message: `the ${what} is too large; expected at most ${maxBytes} bytes`,
    },
  ])
}

export function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && error.faults[0]?.code === 'PAYLOAD_TOO_LARGE'
}

export function notFound(code: FaultCodeOf<404>, field: string, message: string): ApiError {
  return new ApiError(404, [{ code, field, message }])
}

/** 429: `retryAfterSeconds` later it may go better. */
export function tooMany(code: FaultCodeOf<429>, message: string, retryAfterSeconds: number): ApiError {
  return new ApiError(429, [{ code, field: 'request', message }], { 'Retry-After': String(retryAfterSeconds) })
}

/** 503: more is asked for at once than this process does; `retryAfterSeconds` later it may go better. */
export function tooBusy(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError(503, [{ code: 'TOO_BUSY', field: 'request', message }], {
    'Retry-After': String(retryAfterSeconds),
  })
}

const QUEUE_FULL_RETRY_AFTER_SECONDS = 5

/** 429: so many imports of the organization wait already. */
export function queueFull(maxQueued: number): ApiError {
  return tooMany(
    'TOO_MANY_QUEUED_IMPORTS',
    `${maxQueued} imports of this organization wait already; expected fewer`,
    QUEUE_FULL_RETRY_AFTER_SECONDS,
  )
}

/** 413: nothing of it is stored; it does not help to try again before something is deleted or expires. */
export function storageQuotaExceeded(storedBytes: number, maxBytes: number): ApiError {
  const message =
    `the stored files of this organization have ${storedBytes} bytes and may have ${maxBytes} together with this one; ` +
    'delete imports that are no longer needed, then send it again'
  return new ApiError(413, [{ code: 'STORAGE_QUOTA_EXCEEDED', field: 'file', message }])
}

const UNAVAILABLE_RETRY_AFTER_SECONDS = 5

const UNAVAILABLE_PEERS: Readonly<Record<UnavailableCode, string>> = {
  DATABASE_UNAVAILABLE: 'the database',
  QUEUE_UNAVAILABLE: 'the queue',
  STORAGE_UNAVAILABLE: 'the file storage',
}

/** 503: a peer of ours is away. Whether the request was carried out is unknown; an Idempotency-Key makes it safe to repeat. */
export function unavailable(code: UnavailableCode, advice = 'repeat the request later'): ApiError {
  const message = `${UNAVAILABLE_PEERS[code]} does not answer at the moment; ${advice}`
  return new ApiError(503, [{ code, field: 'request', message }], {
    'Retry-After': String(UNAVAILABLE_RETRY_AFTER_SECONDS),
  })
}

export function methodNotAllowed(method: string, allowed: readonly string[]): ApiError {
  const list = allowed.join(', ')
  return new ApiError(
    405,
    [{ code: 'METHOD_NOT_ALLOWED', field: 'method', message: `${method} is not possible here; expected ${list}` }],
    { Allow: list },
  )
}
