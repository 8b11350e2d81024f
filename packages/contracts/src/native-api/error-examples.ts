import type { FaultStatus, FieldFault } from '../fault-codes.ts'
import type { OpenOperation } from './operation.ts'

/** What a refused request is answered with, as an example of it. */
interface ErrorExample extends Fault {
  readonly title: string
}

type Fault = FieldFault<FaultStatus>

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** By status, where all operations answer alike. */
const USUAL: Readonly<Record<number, Fault>> = {
  400: { code: 'INVALID_VALUE', field: 'limit', message: 'limit is "0"; expected a whole number from 1 to 1000' },
  401: {
    code: 'UNAUTHORIZED',
    field: 'Authorization',
    message: 'the API key is unknown or revoked; expected one that works',
  },
  403: {
    code: 'FORBIDDEN',
    field: 'Authorization',
    message: 'the API key has the role read; expected one with the role write',
  },
  404: { code: 'IMPORT_NOT_FOUND', field: 'importId', message: 'there is no import 4711 in this organization' },
  408: { code: 'REQUEST_TIMEOUT', field: 'request', message: 'no byte came for 30 s; send the request again' },
  409: {
    code: 'IMPORT_STATE',
    field: 'importId',
    message: 'the import is completed; expected one that is queued or processing',
  },
  413: {
    code: 'PAYLOAD_TOO_LARGE',
    field: 'file',
    message: 'the file is too large; expected at most 5368709120 bytes',
  },
  415: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    field: 'Content-Type',
    message: 'the body is text/plain; expected application/json',
  },
  416: {
    code: 'RANGE_NOT_SATISFIABLE',
    field: 'Range',
    message: 'the range bytes=5000- has no byte of the file; expected one of its 350 bytes',
  },
  422: {
    code: 'IDEMPOTENCY_KEY_REUSED',
    field: 'Idempotency-Key',
    message: 'the key came with another payload before; expected the same payload or another key',
  },
  429: { code: 'TOO_MANY_REQUESTS', field: 'request', message: 'too many requests; send this one again in 12 s' },
  500: {
    code: 'INTERNAL_ERROR',
    field: 'request',
    message: 'something went wrong on our side; the request can be repeated',
  },
  503: {
    code: 'DATABASE_UNAVAILABLE',
    field: 'request',
    message: 'the database does not answer at the moment; repeat the request later',
  },
} satisfies { readonly [Status in FaultStatus]?: FieldFault<Status> }

/** Where an operation answers otherwise, by a part of its path: the first that fits. */
const OWN: Readonly<Record<number, readonly (readonly [path: RegExp, fault: Fault])[]>> = {
  404: [
    [
      /\/series\/|redeemFile|getUpload|inspect|^\/v1\/imports$/,
      { code: 'SERIES_NOT_FOUND', field: 'seriesId', message: 'there is no series 4711 in this organization' },
    ],
    [/profiles/, { code: 'IMPORT_PROFILE_NOT_FOUND', field: 'name', message: 'there is no import profile "tills"' }],
    [/reference/, { code: 'REFERENCE_NOT_FOUND', field: 'id', message: 'there is no till 4711 in this organization' }],
    [/redemptions/, { code: 'COUPON_NOT_FOUND', field: 'couponId', message: 'there is no coupon 4711' }],
    [/api-keys/, { code: 'API_KEY_NOT_FOUND', field: 'keyId', message: 'there is no API key 4711' }],
    [
      /webhook-endpoints/,
      { code: 'WEBHOOK_ENDPOINT_NOT_FOUND', field: 'endpointId', message: 'there is no webhook endpoint 4711' },
    ],
    [
      /webhook-deliveries/,
      { code: 'WEBHOOK_DELIVERY_NOT_FOUND', field: 'deliveryId', message: 'there is no webhook delivery 4711' },
    ],
  ],
  409: [
    [
      /\/series\/|redeemFile/,
      {
        code: 'SAME_FILE',
        field: 'file',
        message: 'the series was given this file before, by import 1; leave out onSameFile=reject to import it again',
      },
    ],
    [
      /errors\.xlsx/,
      { code: 'TOO_MANY_ROWS', field: 'importId', message: 'there are more rejected rows than a workbook holds' },
    ],
    [
      /profiles/,
      {
        code: 'TOO_MANY_IMPORT_PROFILES',
        field: 'request',
        message: 'the organization has as many profiles as it may',
      },
    ],
    [
      /rotate/,
      {
        code: 'ROTATED_TOO_OFTEN',
        field: 'request',
        message: 'too many earlier secrets still sign; wait for their end',
      },
    ],
    [
      /test$|redeliver$/,
      { code: 'WEBHOOK_ENDPOINT_DISABLED', field: 'request', message: 'the endpoint is disabled; enable it first' },
    ],
    [
      /webhook-endpoints/,
      { code: 'TOO_MANY_WEBHOOK_ENDPOINTS', field: 'request', message: 'the organization has as many as it may' },
    ],
  ],
  415: [
    [
      /redeemFile|reference/,
      { code: 'UNSUPPORTED_ENCODING', field: 'Content-Encoding', message: 'the body is compressed; send it as it is' },
    ],
  ],
  503: [
    [/inspect/, { code: 'TOO_BUSY', field: 'request', message: 'too much is inspected at once; repeat it in 1 s' }],
  ],
} satisfies { readonly [Status in FaultStatus]?: readonly (readonly [RegExp, FieldFault<Status>])[] }

/** An example of how an operation is refused with this status. */
export function exampleError(status: number, { path }: Pick<OpenOperation, 'path'>): ErrorExample {
  const fault = OWN[status]?.find(([pattern]) => pattern.test(path))?.[1] ?? USUAL[status]
  const title = TITLES[status]
  if (fault === undefined || title === undefined) throw new Error(`there is no example of an error ${status}`)
  return { title, ...fault }
}
