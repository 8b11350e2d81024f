import { checkReadiness } from '@importer/observability'
import { Router } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { mountRoute, reading } from '../http/mount-route.ts'

/** For whoever runs the service; all answer without a key and reveal nothing of any organization. */
export function createHealthRouter(deps: IntakeDependencies): Router {
  const router = Router()
  mountRoute(router, {
    path: '/healthz',
    handlers: reading((_request, response) => {
      response.json({ status: 'ok' })
    }),
  })
  mountRoute(router, {
    path: '/readyz',
    handlers: reading(async ({ url }, response) => {
      const readiness = await checkReadiness(deps.readinessChecks, deps.log, { url, stopping: deps.draining })
      response.status(readiness.status === 'ok' ? 200 : 503).json(readiness)
    }),
  })
  // With a port of their own they are there alone.
  if (deps.offersMetrics) {
    mountRoute(router, {
      path: '/metrics',
      handlers: reading(async (_request, response) => {
        const { registry } = deps.metrics
        response.setHeader('Content-Type', registry.contentType)
        response.end(await registry.metrics())
      }),
    })
  }
  return router
}
