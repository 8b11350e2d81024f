/** The statuses of refused requests. */
export type FaultStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 416 | 417 | 422 | 429 | 431 | 500 | 503

/**
 * Every code that a refused request is answered with, by both APIs, in the order of the alphabet: the statuses that it comes
 * with, and when. Stable: programs rely on them, so none is ever renamed or given another meaning. The table in docs/api.md
 * (`npm run docs:errors`) and that of the OpenAPI document follow from it, and an answer with another status does not compile.
 */
const FAULTS = {
  API_KEY_NOT_FOUND: { 404: 'the organization has no such key' },
  COMPRESSION_RATIO_TOO_HIGH: { 400: 'the file unpacks to more than 200 times its size' },
  COUPON_NOT_FOUND: { 404: 'redemptions were asked for of a coupon that is not there' },
  CROSS_ORIGIN: {
    403: 'a change was requested with the cookie of a session alone, and not from a page of this server',
  },
  DASHBOARD_NOT_BUILT: { 503: 'this server has no dashboard: run its setup and start it again' },
  DATABASE_UNAVAILABLE: {
    503: 'the database does not answer, or cannot be worked with yet; repeat the request after `Retry-After`',
  },
  DUPLICATE_KEY: { 400: '`uploadHeaders` has a key more than once' },
  DUPLICATE_POSITION: { 400: 'two keys of `uploadHeaders` mean the same column' },
  EMPTY_BODY: { 400: 'reference data were sent without a line' },
  EMPTY_FILE: { 400: 'columns are given by name, and the file has nothing in it' },
  EXPECTATION_FAILED: { 417: 'the header `Expect` has something other than `100-continue`' },
  FILE_DAMAGED: { 500: 'the stored file is no longer what was uploaded' },
  FILE_MISSING: { 404: 'the file of the import is not there yet, is kept no longer or is gone from the store' },
  FORBIDDEN: { 403: 'the role of the key does not reach' },
  HEADER_AMBIGUOUS: { 400: 'a column is given by a name that the header of the file has more than once' },
  HEADER_MISMATCH: { 400: 'the header of the file does not fit the profile' },
  HEADER_NOT_FOUND: {
    400: 'a column is given by a name that the header of the file has not, or the file has no header',
  },
  HEADERS_TOO_LARGE: { 431: 'the address and the headers of the request are larger than they may be' },
  IDEMPOTENCY_KEY_IN_USE: { 409: 'a request with this `Idempotency-Key` is under way' },
  IDEMPOTENCY_KEY_REUSED: { 422: 'the `Idempotency-Key` came with another payload before' },
  IMPORT_NOT_FOUND: { 404: 'the organization has no such import' },
  IMPORT_PROFILE_NOT_FOUND: {
    400: 'an upload names a profile that is not there',
    404: 'the organization has no such profile, or not that version',
  },
  IMPORT_STATE: { 409: 'what was requested does not fit the status of the import, which is given as `state`' },
  INTERNAL_ERROR: { 500: 'our fault; the request can be repeated' },
  INVALID_FIELD_NAME: { 400: 'the name of a field is too long, missing or has brackets' },
  INVALID_GZIP: { 400: 'the file begins as gzip and cannot be unpacked' },
  INVALID_HEADER: { 400: 'the header of reference data has an unknown column, one twice, or no `id`' },
  INVALID_JSON: { 400: 'a field or a body is not the JSON that was expected' },
  INVALID_PATH: { 400: 'the path has a wrong percent sign' },
  INVALID_POSITION: { 400: 'a column in `uploadHeaders` is neither a position nor, in the native API, a name' },
  INVALID_URL: { 400: '`callbackUrl` is no address that may be called' },
  INVALID_VALUE: { 400: 'a field, parameter or header has a value that it cannot have' },
  INVALID_WORKBOOK: { 400: 'the .xlsx file is broken, protected by a password or of another kind' },
  JOB_NOT_FOUND: { 404: 'the series has no such `jobId`' },
  MALFORMED_MULTIPART: { 400: 'the form is broken, or was cut off' },
  MALFORMED_REQUEST: { 400: 'what was sent is not HTTP that can be read, or was cut off' },
  METHOD_NOT_ALLOWED: { 405: 'the path does not know this method; `Allow` has those that it knows' },
  MISSING_FIELD: { 400: 'a mandatory field is not there or empty' },
  MISSING_FILE: { 400: 'the form has no file in the field `file`' },
  MISSING_KEY: { 400: '`uploadHeaders` lacks a mandatory key' },
  NOT_CSV: { 400: 'columns are given by name, and the file is no table' },
  NOT_FOUND: { 404: 'there is nothing at this path' },
  NOT_MULTIPART: { 400: 'an upload is not `multipart/form-data` with a boundary' },
  PAYLOAD_TOO_LARGE: { 413: 'the file or the body is larger than it may be' },
  QUEUE_UNAVAILABLE: { 503: 'the queue does not answer; repeat the request after `Retry-After`' },
  RANGE_NOT_SATISFIABLE: { 416: 'the file has no byte of the `Range`' },
  RATE_LIMITED: { 429: 'the key has made as many requests within a minute as it may' },
  REFERENCE_NOT_FOUND: { 404: 'the organization has no such series, coupon, customer or till' },
  REPEATED_FIELD: { 400: 'a field is there more than once' },
  REQUEST_TIMEOUT: { 408: 'the body stood still for too long, or the head did not arrive in time' },
  RETRY_UNDER_WAY: { 409: 'another retry of these rows is not over' },
  ROTATED_TOO_OFTEN: { 409: 'a webhook secret was rotated four times within 24 hours' },
  ROW_NOT_FOUND: { 404: 'the file of the import has no such row' },
  ROW_NOT_REJECTED: { 400: 'a correction names a row that was not rejected' },
  SAME_FILE: { 409: 'the series was given this file before, and `onSameFile` is `reject`' },
  SECRET_UNREADABLE: { 500: 'no key of this server opens the stored webhook secret' },
  SERIES_NOT_FOUND: { 400: 'a profile names a series that is not there', 404: 'the organization has no such series' },
  STORAGE_QUOTA_EXCEEDED: { 413: "the organization's stored files would be more than they may be" },
  STORAGE_UNAVAILABLE: { 503: 'the file storage does not answer; repeat the request after `Retry-After`' },
  TOO_BUSY: { 503: 'this server does as much at once as it can; repeat the request after `Retry-After`' },
  TOO_MANY_FIELDS: { 400: 'the form has more fields than it may have' },
  TOO_MANY_FILES: { 400: 'the form has more than one file' },
  TOO_MANY_IMPORT_PROFILES: { 409: 'the organization has as many profiles as it may have' },
  TOO_MANY_QUEUED_IMPORTS: { 429: 'as many imports of the organization wait as may' },
  TOO_MANY_REQUESTS: { 429: 'too many costly requests of the organization wait at once' },
  TOO_MANY_ROWS: { 409: 'a workbook cannot hold as many rows as were rejected' },
  TOO_MANY_WEBHOOK_ENDPOINTS: { 409: 'the organization has as many webhook endpoints as it may have' },
  UNAUTHORIZED: { 401: 'no key, or one that does not work; or a session that is over' },
  UNEXPECTED_FILE: { 400: 'a field other than `file` is a file' },
  UNKNOWN_COLUMN: { 400: 'a correction names a column that is neither mapped nor in the header' },
  UNKNOWN_FIELD: { 400: 'the native API does not know a field or parameter of this name' },
  UNKNOWN_KEY: { 400: '`uploadHeaders` has a key that is no column' },
  UNSUPPORTED_ENCODING: {
    400: 'the part with the file has a `Content-Transfer-Encoding` that changes its bytes',
    415: 'the body has a `Content-Encoding`',
  },
  UNSUPPORTED_MEDIA_TYPE: { 415: 'the body is not `application/json`' },
  URL_NOT_ALLOWED: { 400: 'a webhook endpoint has an address that may not be called' },
  VALUE_TOO_LONG: { 400: 'a field is longer than it may be' },
  WEBHOOK_DELIVERY_NOT_FOUND: { 404: 'the organization has no such delivery' },
  WEBHOOK_ENDPOINT_DISABLED: { 409: 'the webhook endpoint is disabled or deleted' },
  WEBHOOK_ENDPOINT_NOT_FOUND: { 404: 'the organization has no such webhook endpoint' },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<FaultStatus, string>>>>>

export type FaultCode = keyof typeof FAULTS

export const FAULT_CODES = Object.keys(FAULTS) as [FaultCode, ...FaultCode[]]

/** Those that come with a status. */
export type FaultCodeOf<Status extends FaultStatus> = {
  [Code in FaultCode]: Status extends keyof (typeof FAULTS)[Code] ? Code : never
}[FaultCode]

/** Every code of a refused request with its statuses, as a table in Markdown. */
export function renderFaultTable(): string {
  const rows = FAULT_CODES.flatMap((code) =>
    Object.entries(FAULTS[code]).map(([status, when]) => `| \`${code}\` | ${status} | ${when} |`),
  )
  return ['| code | status | when |', '| --- | --- | --- |', ...rows].join('\n')
}

/** One thing wrong with a request, and what was expected; unless the status is named, with a form, a body or a parameter. */
export interface FieldFault<Status extends FaultStatus = 400> {
  readonly code: FaultCodeOf<Status>
  readonly field: string
  readonly message: string
}
