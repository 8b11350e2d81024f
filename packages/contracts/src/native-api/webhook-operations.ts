import type { z } from 'zod'

import * as schemas from '../webhook-schemas.ts'
import type { Operation } from './operation.ts'
import { noQuery } from './parameters.ts'

const NO_ENDPOINT = { 404: 'There is no such webhook endpoint in this organization' }
const NO_DELIVERY = { 404: 'There is no such delivery in this organization' }
const BODY_ERRORS = { 408: 'The body stood still', 413: 'The body is too large', 415: 'The body is no JSON' }

const FOR_ADMINS = { tag: 'webhooks', role: 'admin', query: noQuery } as const

const json = <Schema extends z.ZodType>(schema: Schema) => ({ contentType: 'application/json', schema }) as const

/** The webhook part of the native API. */
export const WEBHOOK_OPERATIONS = {
  createWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-endpoints',
    summary: 'Make an endpoint that is told of events',
    body: json(schemas.newEndpoint),
    example: { json: { url: 'https://example.com/hooks/redemptions' } },
    success: [
      {
        status: 201,
        description: 'The endpoint, with its secret, told this once',
        schema: schemas.newEndpointView,
        headers: { Location: 'The endpoint' },
      },
    ],
    errors: { ...BODY_ERRORS, 409: 'The organization has as many endpoints as it may' },
  },
  listWebhookEndpoints: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-endpoints',
    summary: 'List webhook endpoints',
    query: schemas.endpointListQuery,
    success: [{ status: 200, description: 'A page', schema: schemas.endpointListView }],
  },
  showWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Look at a webhook endpoint',
    success: [{ status: 200, description: 'The endpoint', schema: schemas.endpointView }],
    errors: NO_ENDPOINT,
  },
  changeWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'patch',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Change, disable or enable a webhook endpoint',
    body: json(schemas.endpointChange),
    example: { json: { eventTypes: ['import.completed', 'import.failed'] } },
    success: [{ status: 200, description: 'The endpoint', schema: schemas.endpointView }],
    errors: { ...BODY_ERRORS, ...NO_ENDPOINT },
  },
  deleteWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'delete',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Delete a webhook endpoint',
    success: [{ status: 204, description: 'It is told nothing more' }],
    errors: NO_ENDPOINT,
  },
  rotateEndpointSecret: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-endpoints/{endpointId}/rotate-secret',
    summary: 'Give a webhook endpoint a new secret; for a while both sign',
    success: [{ status: 200, description: 'The new secret', schema: schemas.rotatedSecretView }],
    errors: { ...NO_ENDPOINT, 409: 'Too many earlier secrets still sign' },
  },
  testWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-endpoints/{endpointId}/test',
    summary: 'Send a test event to one endpoint',
    success: [{ status: 202, description: 'The delivery', schema: schemas.deliveryView }],
    errors: { ...NO_ENDPOINT, 409: 'The endpoint is disabled' },
  },
  listWebhookDeliveries: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-deliveries',
    summary: 'List deliveries with their attempts, newest first',
    query: schemas.deliveryListQuery,
    success: [{ status: 200, description: 'A page', schema: schemas.deliveryListView }],
  },
  redeliverWebhooks: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-deliveries/redeliver',
    summary: 'Send the deliveries of a time once more',
    body: json(schemas.redeliveryRange),
    example: { json: { since: '2026-11-24T00:00:00Z' } },
    success: [{ status: 202, description: 'How many are sent', schema: schemas.redeliveredView }],
    errors: BODY_ERRORS,
  },
  showWebhookDelivery: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-deliveries/{deliveryId}',
    summary: 'Look at a delivery',
    success: [{ status: 200, description: 'The delivery', schema: schemas.deliveryView }],
    errors: NO_DELIVERY,
  },
  redeliverWebhook: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-deliveries/{deliveryId}/redeliver',
    summary: 'Send a delivery once more',
    success: [{ status: 202, description: 'The delivery', schema: schemas.deliveryView }],
    errors: { ...NO_DELIVERY, 409: 'Its endpoint is disabled or deleted' },
  },
  showWebhookSecret: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-secret',
    summary: 'The secret that deliveries to callback URLs are signed with',
    success: [{ status: 200, description: 'The secret', schema: schemas.webhookSecretView }],
  },
  rotateWebhookSecret: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-secret/rotate',
    summary: 'Make a new secret for callback URLs; for a while both sign',
    success: [{ status: 200, description: 'The new secret', schema: schemas.rotatedSecretView }],
    errors: { 409: 'Too many earlier secrets still sign' },
  },
} as const satisfies Record<string, Operation>
