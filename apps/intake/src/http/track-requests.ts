import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'

import type { RequestHandler } from 'express'

import type { Log } from '../dependencies.ts'
import type { Metrics } from '../health/metrics.ts'

const SANE_REQUEST_ID = /^[\w.:-]{1,100}$/
const answeredAt = new WeakMap<ServerResponse, number>()
const routes = new WeakMap<ServerResponse, string>()

/** Notes when the answer went out, where the connection stays open for longer than that. */
export function markAnswered(response: ServerResponse): void {
  answeredAt.set(response, performance.now())
}

/** Under which route a request is counted: a pattern, never a path, so that their number stays small. */
export function nameRoute(name: string): RequestHandler {
  return (_request, response, next) => {
    routes.set(response, name)
    next()
  }
}

/** Gives every request an id, and one line in the log and one observation in the metrics once it is over. */
export function trackRequests(log: Log, metrics: Metrics): RequestHandler {
  // The line holds nothing but what is named below, so there is nothing to redact: looking for secrets in it would cost
  // a poll more than all the rest of it.
  const requestLog = log.child({}, { redact: [] })
  return (request, response, next) => {
    const startedAt = performance.now()
    const path = request.path
    const given = request.headers['x-request-id']
    const requestId = typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID()
    response.setHeader('X-Request-Id', requestId)
    response.once('close', () => {
      const durationMs = (answeredAt.get(response) ?? performance.now()) - startedAt
      const route = routes.get(response) ?? 'unmatched'
      const complete = response.writableFinished || answeredAt.has(response)
      // 499 as nginx has it: the client was gone before the answer was.
      const status = complete ? response.statusCode : 499
      metrics.observeRequest(request.method, route, status, durationMs / 1000)
      requestLog.info(
        { requestId, method: request.method, path, status, durationMs: Math.round(durationMs * 10) / 10 },
        'request',
      )
    })
    next()
  }
}
