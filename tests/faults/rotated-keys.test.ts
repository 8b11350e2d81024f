import { randomBytes } from 'node:crypto'

import { createWebhookEndpoint, ensureOrganization } from '@importer/db'
import { expect, test } from 'vitest'

import { openTestDatabase } from '../support/open-test-database.ts'
import { startSystem, TEST_ACTOR, TEST_ORG } from '../support/running-system.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const inOrder = (...keys: Buffer[]) => ({ SECRETS_KEY: keys.map((key) => key.toString('base64')).join() })

test('a running worker seals anew what an intake that still has the former order of keys has sealed', async () => {
  const database = await createTestDatabase()
  const withOld = openTestDatabase(database.url, { secretsKeys: [OLD] })
  const withNew = openTestDatabase(database.url, { secretsKeys: [NEW] })
  await ensureOrganization(withOld, TEST_ORG)
  const endpoint = { url: 'https://receiver.example.com/', description: null, eventTypes: [] }
  await createWebhookEndpoint(withOld, { orgId: TEST_ORG, ...endpoint, actor: TEST_ACTOR })

  const system = await startSystem({ database, intakeEnv: inOrder(OLD, NEW), workerEnv: inOrder(NEW, OLD) })
  await waitUntil('the worker has sealed what it found', () =>
    system.worker.readOutput().includes('webhook secrets are sealed with the first key'),
  )
  const answer = await system.client.send('POST', '/v1/webhook-endpoints', JSON.stringify({ url: endpoint.url }))
  const { id, secret } = (await answer.json()) as { id: number; secret: string }

  const resealed = await waitUntil('what the intake has sealed is sealed anew', async () =>
    withNew.prisma.webhookSecret.findFirst({
      where: { endpointId: id, secret: { startsWith: `sealed:1:${withNew.secrets.keyIds[0]}:` } },
    }),
  )
  expect(withNew.secrets.open(resealed.secret, resealed)).toBe(secret)
  await system.stop()
})
