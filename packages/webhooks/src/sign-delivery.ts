import { createHmac } from 'node:crypto'

const SECRET_PREFIX = 'whsec_'

/** What is signed, and with what. */
export interface SignedContent {
  readonly webhookId: string
  /** When it is sent: Standard Webhooks signs the time of the attempt, so that an old one cannot be replayed. */
  readonly sentAt: Date
  readonly body: string
  /** `whsec_` and base64. */
  readonly secrets: readonly string[]
}

/**
 * The three headers of Standard Webhooks: one signature for each secret that is valid, so that a receiver may change its
 * secret at any moment of a rotation. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signDelivery({ webhookId, sentAt, body, secrets }: SignedContent): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${webhookId}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': webhookId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
