/** PostgreSQL, Redis and S3 by TLS, where their addresses ask for it: `sslmode`, `rediss://` and `https://`. */
import { chooseFreePort } from '@importer/embedded-postgres'
import { beforeAll, describe, expect, test } from 'vitest'

import { startS3Server } from '../../packages/file-store/tests/support/s3-server.ts'
import { afterFile } from '../support/after-file.ts'
import { startApp } from '../support/app-process.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, type SystemOptions } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'
import {
  hasOpenssl,
  makeCertificate,
  startTlsProxy,
  type TestCertificate,
  type TlsProxy,
} from '../support/tls-proxy.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 300
const BUCKET = 'bucket'

interface Peers {
  readonly proxies: Readonly<Record<'postgres' | 'redis' | 's3', TlsProxy>>
  readonly database: NonNullable<SystemOptions['database']>
  readonly redisUrl: string
  readonly env: Readonly<Record<string, string>>
}

async function startPeers(certificate: TestCertificate): Promise<Peers> {
  const [database, redis, s3] = await Promise.all([createTestDatabase(), startRedisServer(), startS3Server(BUCKET)])
  afterFile(async () => s3.close())
  const proxies = {
    postgres: await startTlsProxy(new URL(database.url), certificate, 'postgres'),
    redis: await startTlsProxy(new URL(redis.url), certificate),
    s3: await startTlsProxy(new URL(s3.endpoint), certificate),
  }
  const url = new URL(database.url)
  url.hostname = 'localhost'
  url.port = String(proxies.postgres.port)
  url.searchParams.set('sslmode', 'verify-full')
  return {
    proxies,
    database: { ...database, url: url.href },
    redisUrl: `rediss://localhost:${proxies.redis.port}`,
    env: {
      STORAGE_URL: `s3://${BUCKET}/files`,
      S3_ENDPOINT: `https://localhost:${proxies.s3.port}`,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
    },
  }
}

describe.skipIf(!hasRedisServer() || !hasOpenssl())('peers by TLS', { timeout: 90_000 }, () => {
  let certificate: TestCertificate
  let peers: Peers
  beforeAll(async () => {
    certificate = await makeCertificate()
    peers = await startPeers(certificate)
  })

  test.each(['Redis', 'PostgreSQL'])('an import runs to its end with the queue in %s', async (queue) => {
    const { proxies, database, redisUrl, env } = peers
    const before = Object.fromEntries(Object.entries(proxies).map(([name, proxy]) => [name, proxy.secured]))
    const system = await startSystem({
      database,
      redisUrl: queue === 'Redis' ? redisUrl : undefined,
      env: { ...env, NODE_EXTRA_CA_CERTS: certificate.file },
    })
    const offset = queue === 'Redis' ? 0 : ROWS
    if (offset === 0) await openShop(system.client, 2 * ROWS)
    const rows = SHOP_HEADER + shopRows(offset + 1, offset + ROWS)
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: rows })
    expect((await system.client.waitUntilFinished(jobId)).counts).toEqual({
      rows: ROWS,
      inserted: ROWS,
      duplicates: 0,
      rejected: 0,
    })
    // node-postgres warns of a mode whose meaning will change, Node of a certificate that it could not read.
    for (const { readOutput } of [system.intake, system.worker]) expect(readOutput()).not.toMatch(/\b(?:SSL|TLS|CA)\b/i)
    const used = queue === 'Redis' ? ['postgres', 'redis', 's3'] : ['postgres', 's3']
    for (const name of used) expect(proxies[name as 'redis'].secured).toBeGreaterThan(before[name] ?? 0)
    await system.stop()
  })

  test('a certificate that is not trusted is the reason at /readyz, for each of them', async () => {
    const port = await chooseFreePort()
    await startApp('worker', {
      env: {
        ...peers.env,
        DATABASE_URL: peers.database.url,
        REDIS_URL: peers.redisUrl,
        DATA_DIR: await makeTemporaryFolder(),
        WORKER_PORT: String(port),
      },
      isReady: () => true,
    })
    const readReasons = async (): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
      return answer === null ? null : ((await answer.json()) as { checks: unknown }).checks
    }
    await waitUntil('/readyz answers', async () => (await readReasons()) !== null)
    const untrusted = { ok: false, reason: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as string }
    expect(await readReasons()).toEqual({ database: untrusted, queue: untrusted, storage: untrusted })
  })
})
