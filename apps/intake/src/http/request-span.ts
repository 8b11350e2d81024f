import { formatTraceparent, parseTraceparent, runInSpan, type Span } from '@importer/runtime'
import type { Request, Response } from 'express'

import type { Principal } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from './api-error.ts'
import { describeRequest } from './track-requests.ts'

export interface TracedRequest {
  readonly request: Request
  readonly response: Response
  readonly principal: Principal
}

/**
 * Runs what serves a request that makes an import in the span from which on that import is traced. Where the client is
 * traced itself (`traceparent`), its span is the parent.
 */
export async function runInRequestSpan<Result>(
  { tracing }: IntakeDependencies,
  name: 'upload' | 'retry',
  { request, response, principal }: TracedRequest,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const parent = parseTraceparent(request.headers['traceparent'])
  const span = tracing.startSpan(name, {
    kind: 'server',
    parent: parent && formatTraceparent(parent),
    attributes: {
      'redemptions.request.id': describeRequest(response).requestId,
      'redemptions.org.id': principal.orgId,
    },
  })
  return runInSpan(span, async () => {
    try {
      return await work(span)
    } catch (error) {
      if (error instanceof ApiError) {
        const [fault] = error.faults
        span.setAttributes({ 'http.response.status_code': error.status, 'redemptions.error.code': fault?.code ?? '' })
      }
      throw error
    }
  })
}
