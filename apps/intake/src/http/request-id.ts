import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

import { parseTraceparent } from '@importer/runtime'

const SANE_REQUEST_ID = /^[\w.:-]{1,100}$/

/**
 * The id under which a request is logged and answered: `X-Request-Id` where it is a sane token, else the trace id of a
 * valid `traceparent`, else a new one.
 */
export function chooseRequestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  if (typeof given === 'string' && SANE_REQUEST_ID.test(given)) return given
  return parseTraceparent(headers['traceparent'])?.traceId ?? randomUUID()
}
