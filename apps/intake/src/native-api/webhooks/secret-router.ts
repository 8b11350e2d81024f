import { ensureOrgSecret, rotateWebhookSecret } from '@importer/db'
import { Router } from 'express'

import type { Authenticate } from '../../authentication/authenticate.ts'
import type { IntakeDependencies } from '../../dependencies.ts'
import { methodNotAllowed, notFound } from '../../http/api-error.ts'
import { nameRoute } from '../../http/track-requests.ts'
import { tooManySecrets } from './problems.ts'
import { sendJson } from './send-json.ts'

/** `/v1/webhook-secret`: what deliveries to callback URLs are signed with. For admins. */
export function createSecretRouter({ database }: IntakeDependencies, authenticate: Authenticate): Router {
  const router = Router()
  router
    .route('/')
    .all(nameRoute('/v1/webhook-secret'))
    .get(async (request, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      await sendJson(request, response, 200, { secret: await ensureOrgSecret(database, orgId) })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })
  router
    .route('/rotate')
    .all(nameRoute('/v1/webhook-secret/rotate'))
    .post(async (request, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const rotated = await rotateWebhookSecret(database, { orgId, endpointId: null, now: new Date() })
      if (rotated === 'not-found') throw notFound('NOT_FOUND', 'path', 'there is no such organization')
      if (rotated === 'too-many') throw tooManySecrets()
      const { secret, previousExpiresAt } = rotated
      await sendJson(request, response, 200, { secret, previousExpiresAt: previousExpiresAt.toISOString() })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['POST'])
    })
  return router
}
