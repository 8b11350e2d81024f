import type { z } from 'zod'

import * as schemas from '../webhook-schemas.ts'
import * as examples from './examples.ts'
import { answer, type Operation } from './operation.ts'
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
    summary: 'Create a webhook endpoint',
    body: json(schemas.newEndpoint),
    example: { json: { url: 'https://example.com/hooks/redemptions' } },
    success: [
      {
        status: 201,
        description: 'The endpoint, with its secret, which is shown here and never again',
        schema: schemas.newEndpointView,
        example: examples.newEndpoint,
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
    success: [answer(200, 'A page', schemas.endpointListView, examples.endpointList)],
  },
  showWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Retrieve a webhook endpoint',
    success: [answer(200, 'The endpoint', schemas.endpointView, examples.endpoint)],
    errors: NO_ENDPOINT,
  },
  changeWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'patch',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Update a webhook endpoint',
    body: json(schemas.endpointChange),
    example: { json: { eventTypes: ['import.completed', 'import.failed'] } },
    success: [answer(200, 'The endpoint', schemas.endpointView, examples.endpoint)],
    errors: { ...BODY_ERRORS, ...NO_ENDPOINT },
  },
  deleteWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'delete',
    path: '/v1/webhook-endpoints/{endpointId}',
    summary: 'Delete a webhook endpoint',
    success: [{ status: 204, description: 'The endpoint is deleted: it is sent nothing more' }],
    errors: NO_ENDPOINT,
  },
  rotateEndpointSecret: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-endpoints/{endpointId}/rotate-secret',
    summary: 'Rotate the secret of a webhook endpoint',
    success: [answer(200, 'The new secret', schemas.rotatedSecretView, examples.rotatedSecret)],
    errors: { ...NO_ENDPOINT, 409: 'Too many earlier secrets still sign' },
  },
  testWebhookEndpoint: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-endpoints/{endpointId}/test',
    summary: 'Send a test event to a webhook endpoint',
    success: [answer(202, 'The delivery', schemas.deliveryView, examples.delivery)],
    errors: { ...NO_ENDPOINT, 409: 'The endpoint is disabled' },
  },
  listWebhookDeliveries: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-deliveries',
    summary: 'List webhook deliveries',
    query: schemas.deliveryListQuery,
    success: [answer(200, 'A page', schemas.deliveryListView, examples.deliveryList)],
  },
  redeliverWebhooks: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-deliveries/redeliver',
    summary: 'Redeliver webhooks of a period',
    body: json(schemas.redeliveryRange),
    example: { json: { since: '2026-11-24T00:00:00Z' } },
    success: [answer(202, 'How many are sent', schemas.redeliveredView, examples.redelivered)],
    errors: BODY_ERRORS,
  },
  showWebhookDelivery: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-deliveries/{deliveryId}',
    summary: 'Retrieve a webhook delivery',
    success: [answer(200, 'The delivery', schemas.deliveryView, examples.delivery)],
    errors: NO_DELIVERY,
  },
  redeliverWebhook: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-deliveries/{deliveryId}/redeliver',
    summary: 'Redeliver a webhook',
    success: [answer(202, 'The delivery', schemas.deliveryView, examples.delivery)],
    errors: { ...NO_DELIVERY, 409: 'Its endpoint is disabled or deleted' },
  },
  showWebhookSecret: {
    ...FOR_ADMINS,
    method: 'get',
    path: '/v1/webhook-secret',
    summary: 'Retrieve the secret of callback URLs',
    success: [answer(200, 'The secret', schemas.webhookSecretView, examples.webhookSecret)],
  },
  rotateWebhookSecret: {
    ...FOR_ADMINS,
    method: 'post',
    path: '/v1/webhook-secret/rotate',
    summary: 'Rotate the secret of callback URLs',
    success: [answer(200, 'The new secret', schemas.rotatedSecretView, examples.rotatedSecret)],
    errors: { 409: 'Too many earlier secrets still sign' },
  },
} as const satisfies Record<string, Operation>
