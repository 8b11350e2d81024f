import { generateWebhookSecret } from '@importer/db'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'

import { signDelivery } from './sign-delivery.ts'

const BODY = '{"type":"import.completed","data":{"fileName":"ünï.csv"}}'
const OLD = generateWebhookSecret()
const NEW = generateWebhookSecret()

function sign(secrets: string[], sentAt = new Date()): Record<string, string> {
  return signDelivery({ webhookId: 'msg_1', sentAt, body: BODY, secrets })
}

test("the specification's own example", () => {
  const sentAt = new Date(1_614_265_330_000)
  const body = '{"test": 2432232314}'
  const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
  expect(signDelivery({ webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', sentAt, body, secrets })).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret is whsec_ and 32 random bytes in base64', () => {
  expect(OLD).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(Buffer.from(OLD.slice(6), 'base64')).toHaveLength(32)
  expect(OLD).not.toBe(NEW)
})

describe('the published verifier', () => {
  test.each([
    ['one secret', [NEW], NEW],
    ['the new secret during a rotation', [NEW, OLD], NEW],
    ['the old secret during a rotation', [NEW, OLD], OLD],
  ])('accepts a delivery by %s', (_name, secrets, secret) => {
    expect(new Webhook(secret).verify(BODY, sign(secrets))).toEqual(JSON.parse(BODY))
  })

  test.each([
    ['by the old secret after the rotation', BODY, sign([NEW]), OLD],
    ['with a changed body', BODY.replace('completed', 'failed'), sign([NEW]), NEW],
    ['with a changed id', BODY, { ...sign([NEW]), 'webhook-id': 'msg_2' }, NEW],
    ['that is six minutes old', BODY, sign([NEW], new Date(Date.now() - 6 * 60_000)), NEW],
    ['from six minutes ahead', BODY, sign([NEW], new Date(Date.now() + 6 * 60_000)), NEW],
  ])('refuses a delivery %s', (_name, body, headers, secret) => {
    expect(() => new Webhook(secret).verify(body, headers)).toThrow(/./)
  })
})
