import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { completeImport, createWebhookEndpoint, listWebhookDeliveries } from '@importer/db'
import { openStorage } from '@importer/imports'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'

import { startApp } from '../support/app-process.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'

const ORG = 9619
const [OLD_KEY, NEW_KEY] = [randomBytes(32), randomBytes(32)]

/**
 * The worker is killed while it waits for the first answer; its successor gets 500, is killed too, and the queue loses
 * what it holds; the third delivers. Meanwhile SECRETS_KEY is set and then rotated: the second worker seals the secret that the
 * first found unsealed, the third seals it anew. Real processes, real queues, the real clock.
 */
async function killTwiceAndDeliver(queueUrl: string | undefined, loseQueue: () => Promise<void>): Promise<void> {
  const { url: databaseUrl } = await createTestDatabase()
  const dataDir = await makeTemporaryFolder()
  const env = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    WEBHOOK_ALLOW_HTTP: 'true',
    WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
    LOG_LEVEL: 'info',
    ...(queueUrl === undefined ? {} : { REDIS_URL: queueUrl }),
  }
  const database = openTestDatabase(databaseUrl)
  /** Each knows one key. */
  const [withOld, withNew] = [OLD_KEY, NEW_KEY].map((key) => openTestDatabase(databaseUrl, { secretsKeys: [key] }))
  const requests: { headers: Record<string, string>; body: string; response: ServerResponse }[] = []
  const receiver = createServer((request, response) => {
    text(request).then(
      (body) => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        )
        requests.push({ headers, body, response })
      },
      () => response.destroy(),
    )
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const requestNumber = async (number: number) =>
    waitUntil(`request ${number} is there`, () => requests[number - 1] ?? null, 60_000)

  try {
    await database.prisma.organization.create({ data: { id: ORG } })
    // Database and storage belong together before the first import is there.
    const storage = await openStorage(database, { storageUrl: undefined, dataDir, s3Endpoint: undefined })
    await storage.identity.verify(0)
    await storage.store.close()
    const { port } = receiver.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/hook`
    const made = await createWebhookEndpoint(database, {
      orgId: ORG,
      url,
      description: null,
      eventTypes: [],
      actor: { type: 'system', name: 'test' },
    })
    const { id: importId } = await database.prisma.import.create({
      data: {
        orgId: ORG,
        seriesId: 1n,
        status: 'processing',
        fencingToken: 1,
        fileKey: 'k',
        fileName: 'nightly.csv',
        bytes: 1n,
        sha256: '',
        mapping: {},
      },
    })
    await completeImport(database, { importId, fencingToken: 1 }, 0)

    const first = await startApp('worker', { env })
    await requestNumber(1)
    await first.kill('SIGKILL')

    const [unsealed] = await database.prisma.webhookSecret.findMany()
    const second = await startApp('worker', { env: { ...env, SECRETS_KEY: OLD_KEY.toString('base64') } })
    const { response } = await requestNumber(2)
    response.writeHead(500).end()
    await waitUntil('the failure is recorded', async () => {
      const [delivery] = await listWebhookDeliveries(database, { orgId: ORG }, { limit: 1 })
      return delivery?.attempts.at(-1)?.httpStatus === 500
    })
    await waitUntil('its secret is sealed', () => second.readOutput().includes('webhook secrets are sealed with'))
    await second.kill('SIGKILL')
    await loseQueue()
    const [sealed] = await database.prisma.webhookSecret.findMany()

    const third = await startApp('worker', {
      env: { ...env, SECRETS_KEY: [NEW_KEY, OLD_KEY].map((key) => key.toString('base64')).join() },
    })
    const last = await requestNumber(3)
    last.response.writeHead(204).end()
    await waitUntil('it is delivered', async () => {
      const [delivery] = await listWebhookDeliveries(database, { orgId: ORG }, { limit: 1 })
      return delivery?.status === 'delivered'
    })
    await waitUntil('its secret is sealed anew', () => third.readOutput().includes('webhook secrets are sealed with'))
    await third.kill('SIGTERM')
    const [resealed] = await database.prisma.webhookSecret.findMany()

    const deliveries = await listWebhookDeliveries(database, { orgId: ORG }, { limit: 10 })
    expect(deliveries).toMatchObject([
      { status: 'delivered', attempts: [{ durationMs: null }, { httpStatus: 500 }, { httpStatus: 204 }] },
    ])
    expect(requests).toHaveLength(3)
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1)
    for (const { headers, body } of requests) {
      expect(new Webhook(made?.secret ?? '').verify(body, headers)).toMatchObject({ type: 'import.completed' })
    }
    expect(unsealed?.secret).toBe(made?.secret)
    expect([sealed?.secret, resealed?.secret]).not.toContain(made?.secret)
    expect(sealed && withOld?.secrets.open(sealed.secret, sealed)).toBe(made?.secret)
    expect(resealed && withNew?.secrets.open(resealed.secret, resealed)).toBe(made?.secret)
  } finally {
    receiver.closeAllConnections()
    receiver.close()
  }
}

describe.concurrent('a webhook outlives its workers and the queue', () => {
  test('in PostgreSQL', async () => {
    await killTwiceAndDeliver(undefined, async () => undefined)
  })

  test.skipIf(!hasRedisServer())('in Redis', async () => {
    const redis = await startRedisServer()
    await killTwiceAndDeliver(redis.url, () => redis.flush())
    await redis.stop()
  })
})
