import { OPERATIONS } from '@importer/contracts'
import {
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  findWebhookDelivery,
  findWebhookEndpoint,
  listWebhookEndpoints,
  MAX_ENDPOINTS,
  recordTestEvent,
  rotateWebhookSecret,
  updateWebhookEndpoint,
} from '@importer/db'
import { findUrlFault, type ReceiverPolicy } from '@importer/webhooks'

import { actorOf } from '../../authentication/actor-of.ts'
import { logSecurityEvent } from '../../authentication/log-security-event.ts'
import type { IntakeDependencies } from '../../dependencies.ts'
import { ApiError, notFound } from '../../http/api-error.ts'
import { readInt4 } from '../../http/read-id.ts'
import { defineOperation } from '../mount-operation.ts'
import { sendJson } from '../send-json.ts'
import { describeDelivery, describeEndpoint } from './describe-webhooks.ts'
import { endpointDisabled, tooManySecrets } from './problems.ts'

/** `/v1/webhook-endpoints`: who is notified of events. */
export function createEndpointOperations({ log, webhookPolicy }: IntakeDependencies) {
  const create = defineOperation(
    OPERATIONS.createWebhookEndpoint,
    async ({ request, response, principal, database, body }) => {
      const { orgId } = principal
      const { url, description = null, eventTypes = [] } = body
      requireReceiver(url, webhookPolicy)
      const made = await createWebhookEndpoint(database, {
        orgId,
        url,
        description,
        eventTypes,
        actor: actorOf(principal),
      })
      if (made === null) throw tooManyEndpoints()
      response.setHeader('Location', `/v1/webhook-endpoints/${made.endpoint.id}`)
      await sendJson(request, response, 201, { ...describeEndpoint(made.endpoint), secret: made.secret })
    },
  )

  const list = defineOperation(
    OPERATIONS.listWebhookEndpoints,
    async ({ request, response, principal: { orgId }, database, query }) => {
      const { limit, cursor: afterId = 0 } = query
      const found = await listWebhookEndpoints(database, { orgId, afterId, limit: limit + 1 })
      const items = found.slice(0, limit)
      const nextCursor = found.length > limit ? String(items.at(-1)?.id) : null
      await sendJson(request, response, 200, { items: items.map(describeEndpoint), nextCursor })
    },
  )

  const show = defineOperation(
    OPERATIONS.showWebhookEndpoint,
    async ({ request, response, principal: { orgId }, database, param }) => {
      const endpoint = await findWebhookEndpoint(database, { orgId, id: readEndpointId(param('endpointId')) })
      if (endpoint === null) throw endpointNotFound()
      await sendJson(request, response, 200, describeEndpoint(endpoint))
    },
  )

  const change = defineOperation(
    OPERATIONS.changeWebhookEndpoint,
    async ({ request, response, principal, database, body, param }) => {
      const id = readEndpointId(param('endpointId'))
      if (body.url !== undefined) requireReceiver(body.url, webhookPolicy)
      const endpoint = await updateWebhookEndpoint(
        database,
        { orgId: principal.orgId, id, actor: actorOf(principal) },
        body,
      )
      if (endpoint === null) throw endpointNotFound()
      await sendJson(request, response, 200, describeEndpoint(endpoint))
    },
  )

  const remove = defineOperation(OPERATIONS.deleteWebhookEndpoint, async ({ response, principal, database, param }) => {
    const endpoint = { orgId: principal.orgId, id: readEndpointId(param('endpointId')) }
    const deletion = { ...endpoint, now: new Date(), actor: actorOf(principal) }
    if (!(await deleteWebhookEndpoint(database, deletion))) throw endpointNotFound()
    response.statusCode = 204
    response.end()
  })

  const rotate = defineOperation(
    OPERATIONS.rotateEndpointSecret,
    async ({ request, response, principal: { orgId }, database, param }) => {
      const endpointId = readEndpointId(param('endpointId'))
      const rotated = await rotateWebhookSecret(database, { orgId, endpointId, now: new Date() })
      if (rotated === 'not-found') throw endpointNotFound()
      if (rotated === 'too-many') throw tooManySecrets()
      logSecurityEvent(log, response, 'webhook secret rotated', { endpointId })
      const { secret, previousExpiresAt } = rotated
      await sendJson(request, response, 200, { secret, previousExpiresAt })
    },
  )

  const sendTest = defineOperation(
    OPERATIONS.testWebhookEndpoint,
    async ({ request, response, principal: { orgId }, database, param }) => {
      const endpointId = readEndpointId(param('endpointId'))
      const id = await recordTestEvent(database, { orgId, endpointId, now: new Date() })
      if (id === 'not-found') throw endpointNotFound()
      if (id === 'disabled') throw endpointDisabled()
      const delivery = await findWebhookDelivery(database, { orgId, id })
      if (delivery === null) throw endpointNotFound()
      await sendJson(request, response, 202, describeDelivery(delivery))
    },
  )

  return [create, list, show, change, remove, rotate, sendTest]
}

function readEndpointId(text: string): number {
  const id = readInt4(text)
  if (id === null) throw endpointNotFound()
  return id
}

function requireReceiver(url: string, policy: ReceiverPolicy): void {
  const fault = findUrlFault(url, policy)
  if (fault !== null) throw new ApiError(400, [{ code: 'URL_NOT_ALLOWED', field: 'url', message: fault }])
}

function endpointNotFound(): ApiError {
  return notFound(
    'WEBHOOK_ENDPOINT_NOT_FOUND',
    'endpointId',
    'there is no such webhook endpoint; expected one of this organization',
  )
}

function tooManyEndpoints(): ApiError {
  const message = `the organization has ${MAX_ENDPOINTS} webhook endpoints; expected fewer, delete one`
  return new ApiError(409, [{ code: 'TOO_MANY_WEBHOOK_ENDPOINTS', field: 'request', message }])
}
