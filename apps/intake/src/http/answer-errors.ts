import type { ErrorRequestHandler } from 'express'

import { logSecurityEvent } from '../authentication/log-security-event.ts'
import { RefusedAccessError } from '../authentication/refused-access-error.ts'
import type { Log } from '../dependencies.ts'
import { ClientGoneError, type ApiError } from './api-error.ts'
import { sendAnswer, type Answer } from './send-answer.ts'
import { toApiError } from './to-api-error.ts'
import { describeRequest, noteErrorCode } from './track-requests.ts'

/** How one API answers with an error. */
export type RenderError = (error: ApiError) => Answer

/**
 * The last handler of an API: answers every error in that API's form. What is our fault goes to the log with all that
 * is known of it, and gives the client nothing but that.
 */
export function answerErrors(log: Log, render: RenderError): ErrorRequestHandler {
  return async (error: unknown, request, response, _next) => {
    if (error instanceof ClientGoneError || response.destroyed) {
      log.info(describeRequest(response), 'the client went away')
      response.destroy()
      return
    }
    const apiError = toApiError(error)
    noteErrorCode(response, apiError.faults[0]?.code ?? 'INTERNAL_ERROR')
    if (apiError instanceof RefusedAccessError) logSecurityEvent(log, response, apiError.event, { ...apiError.key })
    if (apiError.status >= 500) log.error({ ...describeRequest(response), err: error }, 'request failed')
    if (response.headersSent) {
      // Half an answer must not look like a whole one.
      response.destroy()
      return
    }
    for (const name of ['Content-Disposition', 'ETag', 'Cache-Control']) response.removeHeader(name)
    for (const [name, value] of Object.entries(apiError.headers)) response.setHeader(name, value)
    await sendAnswer(request, response, render(apiError))
  }
}
