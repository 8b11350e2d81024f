import { checkReadiness } from '@importer/observability'
import { Router } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { nameRoute } from '../http/track-requests.ts'

/** For whoever runs the service; all answer without a key and reveal nothing of any organization. */
export function createHealthRouter(deps: IntakeDependencies): Router {
  const router = Router()
  router.get('/healthz', nameRoute('/healthz'), (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/readyz', nameRoute('/readyz'), async ({ url }, response) => {
    const readiness = await checkReadiness(deps.readinessChecks, deps.log, { url, stopping: deps.draining })
    response.status(readiness.status === 'ok' ? 200 : 503).json(readiness)
  })
  // With a port of their own they are there alone.
  if (deps.offersMetrics) {
    router.get('/metrics', nameRoute('/metrics'), async (_request, response) => {
      const { registry } = deps.metrics
      response.setHeader('Content-Type', registry.contentType)
      response.end(await registry.metrics())
    })
  }
  return router
}
