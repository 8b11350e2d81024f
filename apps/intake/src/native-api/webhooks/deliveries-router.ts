import { deliveryListQuery, redeliveryRange } from '@importer/contracts'
import { findWebhookDelivery, listWebhookDeliveries, redeliver, redeliverRange } from '@importer/db'
import { Router, type Request } from 'express'

import type { Authenticate } from '../../authentication/authenticate.ts'
import type { IntakeDependencies } from '../../dependencies.ts'
import { methodNotAllowed, notFound, type ApiError } from '../../http/api-error.ts'
import { requirePathParameter } from '../../http/path-parameter.ts'
import { readBigId } from '../../http/read-id.ts'
import { nameRoute } from '../../http/track-requests.ts'
import { describeDelivery } from './describe-webhooks.ts'
import { endpointDisabled } from './problems.ts'
import { readJsonBody, readQuery } from './read-request.ts'
import { sendJson } from './send-json.ts'

type DeliveryRequest = Request<{ deliveryId: string }>

/** How many deliveries one request sends again. */
const REDELIVERY_LIMIT = 10_000

/** `/v1/webhook-deliveries`: what was sent to whom, and how it went. For admins: URLs and answers may hold secrets. */
export function createDeliveriesRouter({ database }: IntakeDependencies, authenticate: Authenticate): Router {
  const router = Router()

  router
    .route('/')
    .all(nameRoute('/v1/webhook-deliveries'))
    .get(async (request, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const { limit, cursor: beforeId, ...filter } = readQuery(request, deliveryListQuery)
      const found = await listWebhookDeliveries(database, { orgId, ...filter }, { beforeId, limit: limit + 1 })
      const items = found.slice(0, limit)
      const nextCursor = found.length > limit ? String(items.at(-1)?.id) : null
      await sendJson(request, response, 200, { items: items.map(describeDelivery), nextCursor })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })

  router
    .route('/redeliver')
    .all(nameRoute('/v1/webhook-deliveries/redeliver'))
    .post(async (request, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const now = new Date()
      const { until = now, cursor, ...range } = await readJsonBody(request, response, redeliveryRange)
      const afterId = cursor === undefined ? undefined : Number(cursor)
      const options = { ...range, until, orgId, afterId, limit: REDELIVERY_LIMIT, now }
      const { redelivered, nextAfterId } = await redeliverRange(database, options)
      const nextCursor = nextAfterId === null ? null : String(nextAfterId)
      await sendJson(request, response, 202, { redelivered, more: nextCursor !== null, nextCursor })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['POST'])
    })

  router
    .route('/:deliveryId')
    .all(nameRoute('/v1/webhook-deliveries/{id}'))
    .get(async (request: DeliveryRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const delivery = await findWebhookDelivery(database, { orgId, id: readDeliveryId(request) })
      if (delivery === null) throw deliveryNotFound()
      await sendJson(request, response, 200, describeDelivery(delivery))
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })

  router
    .route('/:deliveryId/redeliver')
    .all(nameRoute('/v1/webhook-deliveries/{id}/redeliver'))
    .post(async (request: DeliveryRequest, response) => {
      const { orgId } = await authenticate(request.headers, 'admin')
      const id = readDeliveryId(request)
      const result = await redeliver(database, { orgId, id, now: new Date() })
      if (result === 'disabled') throw endpointDisabled()
      const delivery = result === 'queued' ? await findWebhookDelivery(database, { orgId, id }) : null
      if (delivery === null) throw deliveryNotFound()
      await sendJson(request, response, 202, describeDelivery(delivery))
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['POST'])
    })

  return router
}

function readDeliveryId(request: DeliveryRequest): bigint {
  const id = readBigId(requirePathParameter('deliveryId', request.params.deliveryId))
  if (id === null) throw deliveryNotFound()
  return id
}

function deliveryNotFound(): ApiError {
  return notFound(
    'WEBHOOK_DELIVERY_NOT_FOUND',
    'deliveryId',
    'there is no such webhook delivery; expected one of this organization',
  )
}
