import { completeImport, listWebhookDeliveries } from '@importer/db'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { CERTIFICATE, startReceiver } from '../test/start-receiver.ts'
import { openWebhookWorld, ORG, type WebhookWorld } from '../test/webhook-world.ts'
import type { AttemptOptions } from './attempt-delivery.ts'

let world: WebhookWorld
beforeAll(async () => {
  world = await openWebhookWorld()
})
afterAll(() => world.stop())

test.each<[string, Partial<AttemptOptions>, string, object]>([
  ['is delivered to', { trustedCertificate: CERTIFICATE }, 'hooks', { httpStatus: 204, errorCode: null }],
  ['with a certificate of nobody known is not', {}, 'hooks', { httpStatus: null, errorCode: 'TLS_FAILED' }],
  [
    'with the certificate of another name is not',
    { trustedCertificate: CERTIFICATE },
    'other',
    { httpStatus: null, errorCode: 'TLS_FAILED' },
  ],
])('a receiver by https %s', async (_name, options, name, attempt) => {
  await world.clear()
  const secure = await startReceiver({ tls: true })
  const { secret } = await world.makeEndpoint(`https://${name}.example.com:${new URL(secure.url).port}/hook`)
  const importId = await world.makeImport()
  await completeImport(world.database, { importId, fencingToken: 1 }, 0)
  world.clock = new Date()
  const resolveHost = async () => [{ address: '127.0.0.1', family: 4 as const }]
  await world.deliverAllDue({ ...options, resolveHost, policy: { allowHttp: false, allowPrivateNetworks: true } })
  await secure.stop()
  const [delivery] = await listWebhookDeliveries(world.database, { orgId: ORG }, { limit: 1 })
  expect(delivery?.attempts).toMatchObject([attempt])
  expect(secure.received).toHaveLength('trustedCertificate' in options && name === 'hooks' ? 1 : 0)
  for (const { path, body, headers } of secure.received) {
    expect(path).toBe('/hook')
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'import.completed' })
  }
})
