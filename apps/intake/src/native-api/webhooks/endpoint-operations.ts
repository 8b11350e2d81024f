import { OPERATIONS } from '@importer/contracts'
import {
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  ensureOrgSecret,
  findWebhookDelivery,
  findWebhookEndpoint,
  listWebhookEndpoints,
  MAX_ENDPOINTS,
  recordTestEvent,
  rotateWebhookSecret,
  updateWebhookEndpoint,
} from '@importer/db'
import { findUrlFault, type ReceiverPolicy } from '@importer/webhooks'

import { actorOf } from '../../authentication/authenticate.ts'
import { logSecurityEvent } from '../../authentication/log-security-event.ts'
import type { IntakeDependencies } from '../../dependencies.ts'
import { ApiError, notFound } from '../../http/api-error.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import { readInt4 } from '../../http/read-id.ts'
import { toPage } from '../answer.ts'
import { defineOperation } from '../mount-operation.ts'
import { describeDelivery, describeEndpoint } from './describe-webhooks.ts'

/** `/v1/webhook-endpoints`: who is notified of events. */
export function createEndpointOperations({ log, publicUrl, webhookPolicy }: IntakeDependencies) {
  const create = defineOperation(OPERATIONS.createWebhookEndpoint, async (call) => {
    const { request, response, principal, database, body } = call
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
    response.setHeader('Location', `${readBaseUrl(request, publicUrl)}/v1/webhook-endpoints/${made.endpoint.id}`)
    return { ...describeEndpoint(made.endpoint), secret: made.secret }
  })

  const list = defineOperation(OPERATIONS.listWebhookEndpoints, async ({ principal: { orgId }, database, query }) => {
    const { limit, cursor: afterId = 0 } = query
    const found = await listWebhookEndpoints(database, { orgId, afterId, limit: limit + 1 })
    return toPage(found.map(describeEndpoint), limit, ({ id }) => id)
  })

  const show = defineOperation(OPERATIONS.showWebhookEndpoint, async ({ principal: { orgId }, database, params }) => {
    const endpoint = await findWebhookEndpoint(database, { orgId, id: readEndpointId(params.endpointId) })
    if (endpoint === null) throw endpointNotFound()
    return describeEndpoint(endpoint)
  })

  const change = defineOperation(OPERATIONS.changeWebhookEndpoint, async ({ principal, database, body, params }) => {
    const id = readEndpointId(params.endpointId)
    if (body.url !== undefined) requireReceiver(body.url, webhookPolicy)
    const endpoint = await updateWebhookEndpoint(
      database,
      { orgId: principal.orgId, id, actor: actorOf(principal) },
      body,
    )
    if (endpoint === null) throw endpointNotFound()
    return describeEndpoint(endpoint)
  })

  const remove = defineOperation(OPERATIONS.deleteWebhookEndpoint, async ({ principal, database, params }) => {
    const endpoint = { orgId: principal.orgId, id: readEndpointId(params.endpointId) }
    const deletion = { ...endpoint, now: new Date(), actor: actorOf(principal) }
    if (!(await deleteWebhookEndpoint(database, deletion))) throw endpointNotFound()
  })

  const rotate = defineOperation(
    OPERATIONS.rotateEndpointSecret,
    async ({ response, principal: { orgId }, database, params }) => {
      const endpointId = readEndpointId(params.endpointId)
      const rotated = await rotateWebhookSecret(database, { orgId, endpointId, now: new Date() })
      if (rotated === 'not-found') throw endpointNotFound()
      if (rotated === 'too-many') throw tooManySecrets()
      logSecurityEvent(log, response, 'webhook secret rotated', { endpointId })
      return rotated
    },
  )

  const sendTest = defineOperation(
    OPERATIONS.testWebhookEndpoint,
    async ({ principal: { orgId }, database, params }) => {
      const endpointId = readEndpointId(params.endpointId)
      const id = await recordTestEvent(database, { orgId, endpointId, now: new Date() })
      if (id === 'not-found') throw endpointNotFound()
      if (id === 'disabled') throw endpointDisabled()
      const delivery = await findWebhookDelivery(database, { orgId, id })
      if (delivery === null) throw endpointNotFound()
      return describeDelivery(delivery)
    },
  )

  return [create, list, show, change, remove, rotate, sendTest]
}

/** `/v1/webhook-secret`: what deliveries to callback URLs are signed with. */
export function createSecretOperations({ log }: IntakeDependencies) {
  const show = defineOperation(OPERATIONS.showWebhookSecret, async ({ principal: { orgId }, database }) => ({
    secret: await ensureOrgSecret(database, orgId),
  }))

  const rotate = defineOperation(
    OPERATIONS.rotateWebhookSecret,
    async ({ response, principal: { orgId }, database }) => {
      const rotated = await rotateWebhookSecret(database, { orgId, endpointId: null, now: new Date() })
      if (rotated === 'not-found') throw notFound('NOT_FOUND', 'path', 'there is no such organization')
      if (rotated === 'too-many') throw tooManySecrets()
      logSecurityEvent(log, response, 'webhook secret rotated')
      return rotated
    },
  )

  return [show, rotate]
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

export function endpointDisabled(): ApiError {
  const message = 'the webhook endpoint is disabled or deleted; expected an active one'
  return new ApiError(409, [{ code: 'WEBHOOK_ENDPOINT_DISABLED', field: 'request', message }])
}

function tooManySecrets(): ApiError {
  const message = 'the secret was rotated four times within 24 hours; expected a pause until the earliest has ended'
  return new ApiError(409, [{ code: 'ROTATED_TOO_OFTEN', field: 'request', message }])
}
