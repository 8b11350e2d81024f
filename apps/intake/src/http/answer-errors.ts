import type { IncomingMessage, ServerResponse } from 'node:http'

import { UnavailableError, type UnavailableCode } from '@importer/contracts'
import { ImportUncertainError, QueueFullError, SealedSecretError, StorageQuotaError } from '@importer/db'
import { FileDamagedError } from '@importer/file-store'
import { createOccasionalWarning } from '@importer/runtime'

import { logSecurityEvent } from '../authentication/log-security-event.ts'
import { RefusedAccessError } from '../authentication/refused-access-error.ts'
import type { Log } from '../dependencies.ts'
import { ApiError, ClientGoneError, CutAnswerError, queueFull, storageQuotaExceeded, unavailable } from './api-error.ts'
import { sendAnswer, type Answer } from './send-answer.ts'
import { describeFailedRequest, describeRequest, isAnswered, noteCutAnswer, noteErrorCode } from './track-requests.ts'

/** How one API answers with an error. */
export type RenderError = (error: ApiError) => Answer

/** An Express handler of errors, by its four parameters. */
export type AnswerError = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next?: unknown,
) => Promise<void>

/**
 * The last handler of an API: answers every error in that API's form. What is our fault goes to the log with all that
 * is known of it, and gives the client nothing but that. While a peer is away each request fails for the same reason: one
 * line a minute has it, so that the log does not lose where it began. A refusal has no cause but its code, which the line
 * of the request names.
 */
export function answerErrors(log: Log, render: RenderError): AnswerError {
  const describe = (error: unknown, response: ServerResponse) => ({ ...describeFailedRequest(response), err: error })
  const warnOf = (code: UnavailableCode) =>
    createOccasionalWarning((unreported, error: UnavailableError, response: ServerResponse) =>
      log.error({ ...unreported, ...describe(error, response), errorCode: code }, 'request failed'),
    )
  const warnings = new Map<UnavailableCode, ReturnType<typeof warnOf>>()

  function logFault(error: unknown, code: string, response: ServerResponse): void {
    if (!(error instanceof UnavailableError)) {
      log.error({ ...describe(error, response), errorCode: code }, 'request failed')
      return
    }
    const warn = warnings.get(error.code) ?? warnOf(error.code)
    warnings.set(error.code, warn)
    warn(error, response)
  }

  return async (error: unknown, request, response, _next) => {
    if (error instanceof CutAnswerError) {
      const code = toApiError(error.cause).faults[0]?.code ?? 'INTERNAL_ERROR'
      noteCutAnswer(response, code)
      logFault(error.cause, code, response)
      return
    }
    if (error instanceof ClientGoneError || response.destroyed) {
      // A body that could not be read was refused before its reader finds that it ends.
      if (!isAnswered(response)) log.info(describeRequest(response), 'the client went away')
      response.destroy()
      return
    }
    const apiError = toApiError(error)
    const code = apiError.faults[0]?.code ?? 'INTERNAL_ERROR'
    noteErrorCode(response, code)
    if (apiError instanceof RefusedAccessError) logSecurityEvent(log, response, apiError.event, { ...apiError.key })
    if (apiError.status >= 500 && apiError !== error) logFault(error, code, response)
    if (response.headersSent) {
      // Half an answer must not look like a whole one.
      response.destroy()
      return
    }
    for (const name of ['Content-Disposition', 'Content-Range', 'ETag', 'Cache-Control']) response.removeHeader(name)
    for (const [name, value] of Object.entries(apiError.headers)) response.setHeader(name, value)
    await sendAnswer(request, response, render(apiError))
  }
}

/**
 * The answer to the client for any error. Of an unknown one the client sees nothing: its message and stack go to the log.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof QueueFullError) return queueFull(error.maxQueued)
  if (error instanceof StorageQuotaError) return storageQuotaExceeded(error.storedBytes, error.maxBytes)
  if (error instanceof SealedSecretError) {
    const message =
      'the stored webhook secret cannot be opened with the keys of this server; its operator finds the reason in the log. A new one can be had by rotation'
    return new ApiError(500, [{ code: 'SECRET_UNREADABLE', field: 'request', message }])
  }
  if (error instanceof UnavailableError) return unavailable(error.code)
  if (error instanceof ImportUncertainError && error.cause instanceof UnavailableError) {
    const advice =
      'it is not known whether the import was created: repeat the request with the same Idempotency-Key, or look for it first'
    return unavailable(error.cause.code, advice)
  }
  if (error instanceof FileDamagedError) {
    const message = `the stored file is not what was uploaded: ${error.what}; upload it again`
    return new ApiError(500, [{ code: error.code, field: 'importId', message }])
  }
  if (error instanceof URIError) {
    return new ApiError(400, [
      { code: 'INVALID_PATH', field: 'path', message: 'the path holds a wrong percent sign; expected UTF-8, escaped' },
    ])
  }
  return new ApiError(500, [
    {
      code: 'INTERNAL_ERROR',
      field: 'request',
      message: 'something went wrong on our side; the request can be repeated',
    },
  ])
}
