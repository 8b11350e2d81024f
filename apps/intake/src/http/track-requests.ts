import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

import { parseTraceparent } from '@importer/runtime'

import type { Log } from '../dependencies.ts'
import type { Metrics } from '../health/metrics.ts'

/** What a request has turned out to be, for its line in the log and its place in the metrics. */
interface RequestFacts {
  readonly requestId: string
  answeredAt?: number
  route?: string
  keyId?: number
  orgId?: number
  importId?: number
  errorCode?: string
  /** Its answer had begun, and could not go on. */
  wasCut?: boolean
}

const facts = new WeakMap<ServerResponse, RequestFacts>()

function note(response: ServerResponse, more: Partial<RequestFacts>): void {
  const known = facts.get(response)
  if (known !== undefined) Object.assign(known, more)
}

/** Notes when the answer went out, where the connection stays open for longer than that. */
export function markAnswered(response: ServerResponse): void {
  note(response, { answeredAt: performance.now() })
}

/** Whether its client has had an answer. */
export function isAnswered(response: ServerResponse): boolean {
  return response.writableEnded || facts.get(response)?.answeredAt !== undefined
}

/** Whether {@link trackRequests} knows it already. */
export function isTracked(response: ServerResponse): boolean {
  return facts.has(response)
}

/** Under which route a request is counted: a pattern, never a path, so that their number stays small. */
export function noteRoute(response: ServerResponse, route: string): void {
  note(response, { route })
}

/** Notes whose key a request has. */
export function noteKey(
  response: ServerResponse,
  { id, orgId }: { readonly id: number; readonly orgId: number },
): void {
  note(response, { keyId: id, orgId })
}

/** Notes which import a request asks for, or has made. */
export function noteImport(response: ServerResponse, importId: number): void {
  note(response, { importId })
}

/** Notes the code of the error that a request is answered with. */
export function noteErrorCode(response: ServerResponse, errorCode: string): void {
  note(response, { errorCode })
}

/** Notes that an answer which had begun could not go on, and the code of the reason. */
export function noteCutAnswer(response: ServerResponse, errorCode: string): void {
  note(response, { errorCode, wasCut: true })
}

/** What other lines of the log about a request are to begin with. */
export function describeRequest(response: ServerResponse): Pick<RequestFacts, 'requestId' | 'keyId' | 'orgId'> {
  const { requestId = '', keyId, orgId } = facts.get(response) ?? {}
  return { requestId, ...(keyId !== undefined && { keyId }), ...(orgId !== undefined && { orgId }) }
}

/** What the line of a request that failed is to have besides: where it came, and for which import. */
export function describeFailedRequest(
  response: ServerResponse,
): Pick<RequestFacts, 'requestId' | 'route' | 'importId'> {
  const { route, importId } = facts.get(response) ?? {}
  return {
    ...describeRequest(response),
    ...(route !== undefined && { route }),
    ...(importId !== undefined && { importId }),
  }
}

/**
 * Gives every request an id, and one line in the log and one observation in the metrics once it is over. The line names
 * the route, not the path: somebody may send anything as a path.
 */
export function trackRequests(log: Log, metrics: Metrics) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const startedAt = performance.now()
    const known: RequestFacts = { requestId: chooseRequestId(request.headers) }
    facts.set(response, known)
    metrics.beginRequest()
    response.setHeader('X-Request-Id', known.requestId)
    const { method = '' } = request
    response.once('close', () => {
      const { requestId, answeredAt, route = 'unmatched', keyId, orgId, importId, errorCode, wasCut } = known
      const durationMs = (answeredAt ?? performance.now()) - startedAt
      const complete = response.writableFinished || answeredAt !== undefined
      // 499 as nginx has it: the client was gone before the answer was.
      const status = complete ? response.statusCode : wasCut ? 500 : 499
      metrics.observeRequest(method, route, status, durationMs / 1000)
      log.info(
        {
          requestId,
          method,
          route,
          status,
          durationMs: Math.round(durationMs * 10) / 10,
          keyId,
          orgId,
          importId,
          errorCode,
        },
        'request',
      )
    })
  }
}

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
