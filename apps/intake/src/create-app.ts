import type { IncomingMessage } from 'node:http'

import express, { type NextFunction, type Request, type Response } from 'express'

import { createAuthenticate } from './authentication/authenticate.ts'
import { requireSameOrigin } from './authentication/require-same-origin.ts'
import { createSessionCookie } from './authentication/session-cookie.ts'
import { createCompatibleRouter } from './compatible-api/compatible-router.ts'
import { renderErrors } from './compatible-api/envelope.ts'
import { createJobPoll, createShowJob } from './compatible-api/import-status.ts'
import { createDashboardRouter } from './dashboard/dashboard-router.ts'
import { createDocsRouter } from './docs/docs-router.ts'
import type { IntakeDependencies } from './dependencies.ts'
import { createHealthRouter } from './health/health-router.ts'
import { admitRequests, requireDatabase } from './http/admit-requests.ts'
import { answerErrors, type AnswerError } from './http/answer-errors.ts'
import { answerPolls } from './http/answer-polls.ts'
import { compressAnswers } from './http/compress-answers.ts'
import { notFound } from './http/api-error.ts'
import { createFindImport } from './http/find-import.ts'
import { limitRate } from './http/limit-rate.ts'
import type { PrepareAnswer } from './http/prepare-answer.ts'
import { allowOrigins, secureAnswers } from './http/secure-answers.ts'
import type { Served } from './http/served.ts'
import { isTracked, trackRequests } from './http/track-requests.ts'
import { mountNativeApi } from './native-api/native-router.ts'
import { renderProblem } from './native-api/answer.ts'
import { createImportPoll, createShowImport } from './native-api/show-import.ts'
import { createTakeUpload } from './uploads/take-upload.ts'

const COMPATIBLE_MOUNTS = ['/coupon/api/v1/upload', '/upload']
/** Whether a target is below one of them, also where it cannot be decoded, or names the server, too. */
const COMPATIBLE_TARGET = /^(?:https?:\/\/[^/]*)?(?:\/coupon\/api\/v1)?\/upload(?:[/?%]|$)/i

/** The whole HTTP face of the importer, over what it is given. Serve it with `createIntakeServer`. */
export function createApp(deps: IntakeDependencies): Served {
  const cookie = createSessionCookie(deps.publicUrl)
  const authenticate = createAuthenticate(deps.systemDatabase, cookie)
  const findImport = createFindImport(deps.databases)
  const takeUpload = createTakeUpload(deps)
  const { rateLimitPerMinute } = deps
  const admit = admitRequests([
    requireDatabase(deps.databaseGuard),
    requireSameOrigin(cookie, deps.publicUrl),
    ...(rateLimitPerMinute === undefined ? [] : [limitRate(authenticate, rateLimitPerMinute)]),
  ])

  const track = trackRequests(deps.log, deps.metrics)
  const secure = secureAnswers(deps.publicUrl)
  const compress = compressAnswers()
  const allow = deps.corsOrigins.length > 0 ? allowOrigins(deps.corsOrigins) : null
  const prepare: PrepareAnswer = (request, response, next) => {
    track(request, response)
    secure(response)
    compress(request, response, () => (allow === null ? next() : allow(request, response, next)))
  }
  const answerProblem = answerErrors(deps.log, renderProblem)
  const answerCompatibleError = answerErrors(deps.log, renderErrors)
  const answerError: AnswerError = async (error, request, response) => {
    const answer = COMPATIBLE_TARGET.test(readTarget(request)) ? answerCompatibleError : answerProblem
    await answer(error, request, response)
  }
  const showImport = createShowImport(deps, findImport)
  const showJob = createShowJob(deps, findImport)

  const app = express()
  app.disable('x-powered-by')
  // Whoever wants an entity tag makes it; Express would hash every answer.
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(prepare)
  app.use(COMPATIBLE_MOUNTS, createCompatibleRouter(deps, admit, authenticate, showJob, takeUpload))
  mountNativeApi(app, deps, admit, authenticate, findImport, showImport, cookie, takeUpload)
  app.use(createDocsRouter(deps))
  app.use(createDashboardRouter())
  app.use(createHealthRouter(deps))
  app.use(() => {
    throw notFound('NOT_FOUND', 'path', 'there is nothing at this path')
  })
  app.use(async (error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerError(error, request, response),
  )

  const polls = [createImportPoll(showImport, answerProblem), createJobPoll(showJob, answerCompatibleError)]
  return {
    answer: answerPolls(app, { polls, prepare, admit, authenticate }),
    refuse(error, request, response) {
      const refuse = () => void answerError(error, request, response)
      if (isTracked(response)) refuse()
      else prepare(request, response, refuse)
    },
  }
}

/** As it was sent: a router cuts its own path off a request's URL, and keeps it so while the request is under way. */
function readTarget(request: IncomingMessage): string {
  const whole = 'originalUrl' in request ? request.originalUrl : request.url
  return typeof whole === 'string' ? whole : ''
}
