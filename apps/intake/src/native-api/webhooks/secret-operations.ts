import { OPERATIONS } from '@importer/contracts'
import { ensureOrgSecret, rotateWebhookSecret } from '@importer/db'

import { logSecurityEvent } from '../../authentication/log-security-event.ts'
import type { IntakeDependencies } from '../../dependencies.ts'
import { notFound } from '../../http/api-error.ts'
import { defineOperation } from '../mount-operation.ts'
import { sendJson } from '../send-json.ts'
import { tooManySecrets } from './problems.ts'

/** `/v1/webhook-secret`: what deliveries to callback URLs are signed with. */
export function createSecretOperations({ log }: IntakeDependencies) {
  const show = defineOperation(
    OPERATIONS.showWebhookSecret,
    async ({ request, response, principal: { orgId }, database }) => {
      await sendJson(request, response, 200, { secret: await ensureOrgSecret(database, orgId) })
    },
  )

  const rotate = defineOperation(
    OPERATIONS.rotateWebhookSecret,
    async ({ request, response, principal: { orgId }, database }) => {
      const rotated = await rotateWebhookSecret(database, { orgId, endpointId: null, now: new Date() })
      if (rotated === 'not-found') throw notFound('NOT_FOUND', 'path', 'there is no such organization')
      if (rotated === 'too-many') throw tooManySecrets()
      logSecurityEvent(log, response, 'webhook secret rotated')
      const { secret, previousExpiresAt } = rotated
      await sendJson(request, response, 200, { secret, previousExpiresAt })
    },
  )

  return [show, rotate]
}
