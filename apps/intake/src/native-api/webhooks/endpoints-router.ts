import { endpointChange, endpointListQuery, newEndpoint } from '@importer/contracts'
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
import { Router, type Request } from 'express'

import type { Authenticate } from '../../authentication/authenticate.ts'
import type { IntakeDependencies } from '../../dependencies.ts'
import { ApiError, methodNotAllowed, notFound } from '../../http/api-error.ts'
import { requirePathParameter } from '../../http/path-parameter.ts'
import { readInt4 } from '../../http/read-id.ts'
import { nameRoute } from '../../http/track-requests.ts'
import { describeDelivery, describeEndpoint } from './describe-webhooks.ts'
import { endpointDisabled, tooManySecrets } from './problems.ts'
import { readJsonBody, readQuery } from './read-request.ts'
import { sendJson } from './send-json.ts'

type EndpointRequest = Request<{ endpointId: string }>

/** `/v1/webhook-endpoints`: who is told of events. For admins. */
export function createEndpointsRouter(deps: IntakeDependencies, authenticate: Authenticate): Router {
  const { database, webhookPolicy } = deps
  const router = Router()

  router
    .route('/')
    .all(nameRoute('/v1/webhook-endpoints'))
    .post(async (request, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const { url, description = null, eventTypes = [] } = await readJsonBody(request, response, newEndpoint)
      requireReceiver(url, webhookPolicy)
      const made = await createWebhookEndpoint(database, { orgId, url, description, eventTypes })
      if (made === null) throw tooManyEndpoints()
      response.setHeader('Location', `/v1/webhook-endpoints/${made.endpoint.id}`)
      await sendJson(request, response, 201, { ...describeEndpoint(made.endpoint), secret: made.secret })
    })
    .get(async (request, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const { limit, cursor: afterId = 0 } = readQuery(request, endpointListQuery)
      const found = await listWebhookEndpoints(database, { orgId, afterId, limit: limit + 1 })
      const items = found.slice(0, limit)
      const nextCursor = found.length > limit ? String(items.at(-1)?.id) : null
      await sendJson(request, response, 200, { items: items.map(describeEndpoint), nextCursor })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD', 'POST'])
    })

  router
    .route('/:endpointId')
    .all(nameRoute('/v1/webhook-endpoints/{id}'))
    .get(async (request: EndpointRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const endpoint = await findWebhookEndpoint(database, { orgId, id: readEndpointId(request) })
      if (endpoint === null) throw endpointNotFound()
      await sendJson(request, response, 200, describeEndpoint(endpoint))
    })
    .patch(async (request: EndpointRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const id = readEndpointId(request)
      const change = await readJsonBody(request, response, endpointChange)
      if (change.url !== undefined) requireReceiver(change.url, webhookPolicy)
      const endpoint = await updateWebhookEndpoint(database, { orgId, id }, change)
      if (endpoint === null) throw endpointNotFound()
      await sendJson(request, response, 200, describeEndpoint(endpoint))
    })
    .delete(async (request: EndpointRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const id = readEndpointId(request)
      if (!(await deleteWebhookEndpoint(database, { orgId, id, now: new Date() }))) throw endpointNotFound()
      response.statusCode = 204
      response.end()
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD', 'PATCH', 'DELETE'])
    })

  router
    .route('/:endpointId/rotate-secret')
    .all(nameRoute('/v1/webhook-endpoints/{id}/rotate-secret'))
    .post(async (request: EndpointRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const endpointId = readEndpointId(request)
      const rotated = await rotateWebhookSecret(database, { orgId, endpointId, now: new Date() })
      if (rotated === 'not-found') throw endpointNotFound()
      if (rotated === 'too-many') throw tooManySecrets()
      const { secret, previousExpiresAt } = rotated
      await sendJson(request, response, 200, { secret, previousExpiresAt: previousExpiresAt.toISOString() })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['POST'])
    })

  router
    .route('/:endpointId/test')
    .all(nameRoute('/v1/webhook-endpoints/{id}/test'))
    .post(async (request: EndpointRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const id = await recordTestEvent(database, { orgId, endpointId: readEndpointId(request), now: new Date() })
      if (id === 'not-found') throw endpointNotFound()
      if (id === 'disabled') throw endpointDisabled()
      const delivery = await findWebhookDelivery(database, { orgId, id })
      if (delivery === null) throw endpointNotFound()
      await sendJson(request, response, 202, describeDelivery(delivery))
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['POST'])
    })

  return router
}

function readEndpointId(request: EndpointRequest): number {
  const id = readInt4(requirePathParameter('endpointId', request.params.endpointId))
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
