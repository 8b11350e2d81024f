import { z } from 'zod'

import { wholeNumber } from './native-api/parameters.ts'
import { id, pageOf, time } from './native-api/view-parts.ts'
import { instantText, MAX_INT4, storableText } from './storable.ts'
import {
  DELIVERY_STATUSES,
  ENDPOINT_STATUSES,
  IMPORT_EVENT_TYPES,
  TEST_EVENT_TYPE,
  WEBHOOK_ATTEMPT_ERRORS,
} from './webhooks.ts'

/** What the webhook part of the native API takes and gives. The same schemas validate, type and document. */

const PAGE_ROWS = 50
const MAX_PAGE_ROWS = 200

const instant = instantText.transform((text) => new Date(text))
const limit = wholeNumber({ from: 1, to: MAX_PAGE_ROWS })
  .default(PAGE_ROWS)
  .meta({ description: 'How many a page has at most' })

// Requests. ---------------------------------------------------------------------------------------------------------

const url = z.string('expected a URL').min(1, 'expected a URL').meta({
  description: 'https, public, without user name and password; at most 2,048 characters',
  example: 'https://example.com/hooks/redemptions',
})
const description = storableText().max(255, 'expected at most 255 characters').nullable()
const eventTypes = z
  .array(z.enum(IMPORT_EVENT_TYPES, `expected ${IMPORT_EVENT_TYPES.join(', ')}`), 'expected a list of event types')
  .max(IMPORT_EVENT_TYPES.length, 'expected each event type once')
  .refine((types) => new Set(types).size === types.length, 'expected each event type once')
  .meta({ description: 'Empty or absent: all, those that are invented later included' })

export const newEndpoint = z
  .strictObject({ url, description: description.optional(), eventTypes: eventTypes.optional() })
  .meta({ id: 'NewWebhookEndpointRequest' })

export const endpointChange = z
  .strictObject({
    url: url.optional(),
    description: description.optional(),
    eventTypes: eventTypes.optional(),
    status: z
      .enum(ENDPOINT_STATUSES, `expected ${ENDPOINT_STATUSES.join(', ')}`)
      .optional()
      .meta({
        description: 'active forgives earlier failures; disabled: nothing more is sent, and what happens is kept',
      }),
  })
  .meta({ id: 'WebhookEndpointChangeRequest' })

export const endpointListQuery = z.strictObject({
  limit,
  cursor: wholeNumber({ from: 0, to: MAX_INT4 }).optional(),
})

export const deliveryListQuery = z.strictObject({
  endpointId: wholeNumber({ from: 0, to: MAX_INT4 }).optional(),
  importId: wholeNumber({ from: 0, to: MAX_INT4 }).optional(),
  status: z.enum(DELIVERY_STATUSES, `expected ${DELIVERY_STATUSES.join(', ')}`).optional(),
  limit,
  cursor: wholeNumber({ from: 0, to: Number.MAX_SAFE_INTEGER }).optional(),
})

/** Which deliveries are sent once more: those made from `since` on, before `until`. */
export const redeliveryRange = z
  .strictObject({
    since: instant.meta({ description: 'Deliveries made from this instant on' }),
    until: instant.optional().meta({ description: 'Before this instant; absent: until now' }),
    status: z.enum(['failed', 'delivered'], 'expected failed or delivered').default('failed'),
    endpointId: z.int('expected a whole number').min(0).max(MAX_INT4).optional(),
    cursor: z
      .string('expected the nextCursor of an earlier answer')
      .regex(/^\d{1,15}$/, 'expected the nextCursor of an earlier answer')
      .optional()
      .meta({ description: '`nextCursor` of the answer before: goes on behind what was sent then' }),
  })
  .refine(({ since, until }) => until === undefined || since < until, {
    path: ['until'],
    message: 'expected a later instant than since',
  })
  .meta({ id: 'RedeliveryRequest' })

// Answers. ----------------------------------------------------------------------------------------------------------

const endpointFields = {
  id,
  url: z.string(),
  description: z.string().nullable(),
  eventTypes: z.array(z.enum(IMPORT_EVENT_TYPES)),
  status: z.enum(ENDPOINT_STATUSES),
  disabledReason: z.enum(['GONE', 'FAILING', 'MANUAL']).nullable().meta({
    description: 'GONE: it answered 410. FAILING: five days of failures. MANUAL: as requested',
  }),
  failingSince: time.nullable().meta({
    description: 'The first failed attempt since the last that succeeded, or since two days without an attempt',
  }),
  createdAt: time,
}
const secret = z.string().meta({ description: '`whsec_` and base64' })

export const endpointView = z.strictObject(endpointFields).meta({ id: 'WebhookEndpoint' })
export const newEndpointView = z
  .strictObject({ ...endpointFields, secret: secret.meta({ description: 'Shown here and never again' }) })
  .meta({ id: 'NewWebhookEndpoint' })
export const endpointListView = pageOf(endpointView, 'WebhookEndpointList')
export const webhookSecretView = z.strictObject({ secret }).meta({ id: 'WebhookSecret' })
export const rotatedSecretView = z
  .strictObject({ secret, previousExpiresAt: time.meta({ description: 'Until then the previous secret signs too' }) })
  .meta({ id: 'RotatedWebhookSecret' })

export const deliveryView = z
  .strictObject({
    id,
    webhookId: z.string().meta({ description: 'The header webhook-id, the same at every attempt' }),
    eventType: z.enum([...IMPORT_EVENT_TYPES, TEST_EVENT_TYPE]),
    importId: id.nullable(),
    endpointId: id.nullable().meta({ description: "null: the import's callback URL" }),
    url: z.string(),
    status: z.enum(DELIVERY_STATUSES),
    failureCode: z.enum(['ATTEMPTS_EXHAUSTED', 'GONE', 'ENDPOINT_DISABLED', 'ENDPOINT_DELETED']).nullable(),
    createdAt: time,
    nextAttemptAt: time.nullable(),
    finishedAt: time.nullable(),
    attempts: z
      .array(
        z.strictObject({
          number: z.int().min(1),
          url: z.string(),
          startedAt: time,
          durationMs: z.int().min(0).nullable().meta({ description: 'null: under way, or its worker died' }),
          status: z.int().nullable().meta({ description: 'Of the HTTP answer; null: none began' }),
          error: z.enum(WEBHOOK_ATTEMPT_ERRORS).nullable().meta({ description: 'Why there is no complete answer' }),
          answer: z.string().nullable().meta({ description: 'Its first 1 kB, without control characters' }),
        }),
      )
      .meta({
        description: 'The last 20, oldest first. Of those in a row that ended with SECRET_UNREADABLE, the first alone',
      }),
  })
  .meta({ id: 'WebhookDelivery' })
export const deliveryListView = pageOf(deliveryView, 'WebhookDeliveryList')
export const redeliveredView = z
  .strictObject({
    redelivered: z.int().min(0),
    more: z.boolean().meta({ description: 'There may be more in the range: request again, with `nextCursor`' }),
    nextCursor: z.string().nullable().meta({ description: 'Give it as `cursor` to go on; null: these were all' }),
  })
  .meta({ id: 'Redelivered' })

export type EndpointView = z.infer<typeof endpointView>
export type DeliveryView = z.infer<typeof deliveryView>
