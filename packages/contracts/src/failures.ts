/** Which peer is away: the stable codes of an UnavailableError, in answers, delays and logs. */
const UNAVAILABLE_CODES = ['DATABASE_UNAVAILABLE', 'QUEUE_UNAVAILABLE', 'STORAGE_UNAVAILABLE'] as const

export type UnavailableCode = (typeof UNAVAILABLE_CODES)[number]

/**
 * A peer cannot be reached, does not answer in time, or refuses for a reason that passes by itself or by an operator's
 * action there. The same call may succeed later: jobs wait and go on, HTTP answers 503. Whether the peer carried out the
 * request is unknown. `message` names the peer and what was found, without addresses and secrets; `cause` holds the rest.
 */
export class UnavailableError extends Error {
  override readonly name: string = 'UnavailableError'
  readonly code: UnavailableCode
  /** What was found and what to do, for who operates the peer: for logs, as it may hold addresses. */
  readonly advice: string | undefined

  constructor(code: UnavailableCode, message: string, options?: ErrorOptions & { readonly advice?: string }) {
    super(message, options)
    this.code = code
    this.advice = options?.advice
  }
}

/** Trying again cannot help: the input or its reference data would have to change. `code` is what the import fails with. */
export class PermanentError<Code extends string = string> extends Error {
  override readonly name: string = 'PermanentError'
  readonly code: Code

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Whoever throws decides the class; what is neither permanent nor unavailable is a fault of ours: unexpected. */
export type FailureClass = 'permanent' | 'unavailable' | 'unexpected'

export function classifyFailure(error: unknown): FailureClass {
  if (error instanceof PermanentError) return 'permanent'
  return error instanceof UnavailableError ? 'unavailable' : 'unexpected'
}

/** Codes that Node gives to a socket, a name look-up or a TLS handshake that failed. */
const NETWORK_CODES: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** Whether a client's error, or the error of one of the addresses that it tried, is that of a network connection. */
export function isNetworkFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNetworkFault)
  return 'code' in error && NETWORK_CODES.has(error.code)
}
