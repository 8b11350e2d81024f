import { Router } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { nameRoute } from '../http/track-requests.ts'
import { checkReadiness } from './check-readiness.ts'

/** For whoever runs the service; all three answer without a key and tell nothing of any organization. */
export function createHealthRouter(deps: IntakeDependencies): Router {
  const router = Router()
  router.get('/healthz', nameRoute('/healthz'), (_request, response) => {
    response.json({ status: 'ok' })
  })
  router.get('/readyz', nameRoute('/readyz'), async (_request, response) => {
    const readiness = await checkReadiness(deps)
    response.status(readiness.status === 'ok' ? 200 : 503).json(readiness)
  })
  router.get('/metrics', nameRoute('/metrics'), async (_request, response) => {
    const text = await deps.metrics.render()
    response.setHeader('Content-Type', deps.metrics.contentType)
    response.end(text)
  })
  return router
}
