import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const SANE_REQUEST_ID = /^[\w.:-]{1,100}$/

/** https://www.w3.org/TR/trace-context/#traceparent-header: a later version may carry more behind the flags. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/

/**
 * The id under which a request is logged and answered: `X-Request-Id` where it is a sane token, else the trace id of a
 * valid `traceparent`, else a new one.
 */
export function chooseRequestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  if (typeof given === 'string' && SANE_REQUEST_ID.test(given)) return given
  return readTraceId(headers['traceparent']) ?? randomUUID()
}

function readTraceId(traceparent: string | string[] | undefined): string | undefined {
  if (typeof traceparent !== 'string') return undefined
  const [, version, traceId, more] = TRACEPARENT.exec(traceparent) ?? []
  return version === '00' && more !== undefined ? undefined : traceId
}
