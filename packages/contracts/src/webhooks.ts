/** The words of webhooks: what is sent, and how far the delivery has come. */

export const IMPORT_EVENT_TYPES = ['import.completed', 'import.failed', 'import.cancelled', 'import.reverted'] as const
export type ImportEventType = (typeof IMPORT_EVENT_TYPES)[number]

/** Sent by `POST /v1/webhook-endpoints/{id}/test`, to that endpoint alone, whatever types it wants. */
export const TEST_EVENT_TYPE = 'webhook.test'
export type WebhookEventType = ImportEventType | typeof TEST_EVENT_TYPE

export const ENDPOINT_STATUSES = ['active', 'disabled'] as const
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number]

/** Why an endpoint is notified of nothing: it answered 410, it failed for days, or its owner wants it so. */
export type EndpointDisabledReason = 'GONE' | 'FAILING' | 'MANUAL'

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

export type DeliveryFailureCode = 'ATTEMPTS_EXHAUSTED' | 'GONE' | 'ENDPOINT_DISABLED' | 'ENDPOINT_DELETED'

/** Why an attempt has no complete answer. */
export const WEBHOOK_ATTEMPT_ERRORS = [
  /** The URL may not be sent to as it is written: its scheme, credentials in it, or an address in a reserved range. */
  'URL_NOT_ALLOWED',
  /** The name resolves to an address in a private or reserved range. */
  'ADDRESS_NOT_ALLOWED',
  'NAME_NOT_RESOLVED',
  'CONNECTION_FAILED',
  'TLS_FAILED',
  /** The complete answer was not there in time. */
  'TIMEOUT',
  /** The connection ended before the answer did. */
  'ANSWER_CUT_SHORT',
  /** What came is no HTTP answer, or its head is too large. */
  'ANSWER_NOT_HTTP',
  /** The worker got the signal to stop; another attempt follows at once. */
  'INTERRUPTED',
  /** The secret to sign with cannot be opened with the keys of the server: nothing was sent, and it is tried again without end. */
  'SECRET_UNREADABLE',
] as const
export type WebhookAttemptError = (typeof WEBHOOK_ATTEMPT_ERRORS)[number]

/** How long an earlier secret signs beside its successor. */
export const SECRET_OVERLAP_MS = 24 * 3_600_000
