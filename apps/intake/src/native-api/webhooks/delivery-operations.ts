import { OPERATIONS } from '@importer/contracts'
import { findWebhookDelivery, listWebhookDeliveries, redeliver, redeliverRange } from '@importer/db'

import { notFound, type ApiError } from '../../http/api-error.ts'
import { readBigId } from '../../http/read-id.ts'
import { toPage } from '../answer.ts'
import { defineOperation } from '../mount-operation.ts'
import { describeDelivery } from './describe-webhooks.ts'
import { endpointDisabled } from './endpoint-operations.ts'

/** How many deliveries one request sends again. */
const REDELIVERY_LIMIT = 10_000

/** `/v1/webhook-deliveries`: what was sent to whom, and how it went. For admins: URLs and answers may hold secrets. */
export function createDeliveryOperations() {
  const list = defineOperation(OPERATIONS.listWebhookDeliveries, async ({ principal: { orgId }, database, query }) => {
    const { limit, cursor: beforeId, ...filter } = query
    const found = await listWebhookDeliveries(database, { orgId, ...filter }, { beforeId, limit: limit + 1 })
    return toPage(found.map(describeDelivery), limit, ({ id }) => id)
  })

  const redeliverMany = defineOperation(
    OPERATIONS.redeliverWebhooks,
    async ({ principal: { orgId }, database, body }) => {
      const now = new Date()
      const { until = now, cursor, ...range } = body
      const afterId = cursor === undefined ? undefined : Number(cursor)
      const options = { ...range, until, orgId, afterId, limit: REDELIVERY_LIMIT, now }
      const { redelivered, nextAfterId } = await redeliverRange(database, options)
      const nextCursor = nextAfterId === null ? null : String(nextAfterId)
      return { redelivered, more: nextCursor !== null, nextCursor }
    },
  )

  const show = defineOperation(OPERATIONS.showWebhookDelivery, async ({ principal: { orgId }, database, params }) => {
    const delivery = await findWebhookDelivery(database, { orgId, id: readDeliveryId(params.deliveryId) })
    if (delivery === null) throw deliveryNotFound()
    return describeDelivery(delivery)
  })

  const redeliverOne = defineOperation(
    OPERATIONS.redeliverWebhook,
    async ({ principal: { orgId }, database, params }) => {
      const id = readDeliveryId(params.deliveryId)
      const result = await redeliver(database, { orgId, id, now: new Date() })
      if (result === 'disabled') throw endpointDisabled()
      const delivery = result === 'queued' ? await findWebhookDelivery(database, { orgId, id }) : null
      if (delivery === null) throw deliveryNotFound()
      return describeDelivery(delivery)
    },
  )

  // The path without an id comes first: `redeliver` is none.
  return [list, redeliverMany, show, redeliverOne]
}

function readDeliveryId(text: string): bigint {
  const id = readBigId(text)
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
