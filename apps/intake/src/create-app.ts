import express, { type Express } from 'express'

import { createAuthenticate } from './authentication/authenticate.ts'
import { requireSameOrigin } from './authentication/require-same-origin.ts'
import { createSessionCookie } from './authentication/session-cookie.ts'
import { createCompatibleRouter } from './compatible-api/compatible-router.ts'
import { createDashboardRouter } from './dashboard/dashboard-router.ts'
import { createDocsRouter } from './docs/docs-router.ts'
import type { IntakeDependencies } from './dependencies.ts'
import { createHealthRouter } from './health/health-router.ts'
import { renderErrors } from './compatible-api/envelope.ts'
import { answerErrors } from './http/answer-errors.ts'
import { compressAnswers } from './http/compress-answers.ts'
import { notFound } from './http/api-error.ts'
import { createFindImport } from './http/find-import.ts'
import { limitRate } from './http/limit-rate.ts'
import { requireDatabase } from './http/require-database.ts'
import { allowOrigins, secureAnswers } from './http/secure-answers.ts'
import { trackRequests } from './http/track-requests.ts'
import { createNativeRouter } from './native-api/native-router.ts'
import { renderProblem } from './native-api/answer.ts'
import { createTakeUpload } from './uploads/take-upload.ts'

const COMPATIBLE_MOUNTS = ['/coupon/api/v1/upload', '/upload']

/** The whole HTTP face of the importer, over what it is given. Serve it with `createIntakeServer`. */
export function createApp(deps: IntakeDependencies): Express {
  const cookie = createSessionCookie(deps.publicUrl)
  const authenticate = createAuthenticate(deps.systemDatabase, cookie)
  const findImport = createFindImport(deps.databases)
  const takeUpload = createTakeUpload(deps)

  const app = express()
  app.disable('x-powered-by')
  // Whoever wants an entity tag makes it; Express would hash every answer.
  app.disable('etag')
  app.set('query parser', 'simple')

  app.use(trackRequests(deps.log, deps.metrics))
  app.use(secureAnswers(deps.publicUrl))
  if (deps.corsOrigins.length > 0) app.use(allowOrigins(deps.corsOrigins))
  app.use(compressAnswers())
  const sameOrigin = requireSameOrigin(cookie, deps.publicUrl)
  const ready = requireDatabase(deps.databaseGuard)
  app.use('/v1', ready, sameOrigin)
  app.use(COMPATIBLE_MOUNTS, ready, sameOrigin, answerErrors(deps.log, renderErrors))
  if (deps.rateLimitPerMinute !== undefined) {
    const limit = limitRate(authenticate, deps.rateLimitPerMinute)
    app.use('/v1', limit)
    app.use(COMPATIBLE_MOUNTS, limit, answerErrors(deps.log, renderErrors))
  }
  app.use(createNativeRouter(deps, authenticate, findImport, cookie, takeUpload))
  app.use(COMPATIBLE_MOUNTS, createCompatibleRouter(deps, authenticate, findImport, takeUpload))
  app.use(createDocsRouter(deps))
  app.use(createDashboardRouter())
  app.use(createHealthRouter(deps))
  app.use(() => {
    throw notFound('NOT_FOUND', 'path', 'there is nothing at this path')
  })
  app.use(answerErrors(deps.log, renderProblem))
  return app
}
