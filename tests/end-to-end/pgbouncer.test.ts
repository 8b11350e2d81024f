/** The importer behind PgBouncer: all works in session mode with the queue in Redis, and nothing begins in transaction mode. */
import { chooseFreePort, type DatabaseUrls } from '@importer/embedded-postgres'
import type { ImportView } from '@importer/client'
import { createPoolerCheck, migrateDatabase, requireOwnSessions, type Database } from '@importer/db'
import { beforeAll, describe, expect, test } from 'vitest'

import { checkDatabase } from '../../apps/cli/src/doctor/check-database.ts'
import type { Check } from '../../apps/cli/src/doctor/check.ts'
import { guardDatabase, watchPooler } from '../../packages/observability/src/guard-database.ts'
import { startReceiver, type Receiver } from '../../packages/webhooks/test/start-receiver.ts'
import { afterFile } from '../support/after-file.ts'
import { startApp } from '../support/app-process.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { hasPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startRoundRobin } from '../support/round-robin.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRedemption, shopRow, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Readiness {
  readonly checks: Readonly<Record<string, { readonly reason: string | null }>>
}

const HELD_COUPON = 250
const UNKNOWN_COUPON = 9_999
const OTHER_ORG = 4_711
const REMEDY = 'set its pool mode to session, or connect directly'

describe.skipIf(!hasPgbouncer() || !hasRedisServer())('behind PgBouncer', { timeout: 90_000 }, () => {
  let direct: DatabaseUrls
  let redisUrl: string
  let system: RunningSystem
  let receiver: Receiver

  beforeAll(async () => {
    direct = await createTestDatabase()
    redisUrl = (await startRedisServer()).url
    receiver = await startReceiver()
    afterFile(async () => receiver.stop())
    system = await startSystem({
      database: { ...direct, url: (await startPgbouncer(direct.url, 'session')).url },
      redisUrl,
      env: { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' },
    })
  })

  /** A worker that is up, whatever it waits for. Gives where it is, and how to read why its peers cannot be worked with; null: they can. */
  async function startWaiting(app: 'intake' | 'worker', env: Readonly<Record<string, string>>) {
    const port = await chooseFreePort()
    const dataDir = await makeTemporaryFolder()
    const portName = app === 'intake' ? 'PORT' : 'WORKER_PORT'
    const process = await startApp(app, {
      env: { DATA_DIR: dataDir, [portName]: String(port), LOG_LEVEL: 'info', ...env },
      // An intake is not ready before it has its database, and says before that that it listens.
      ...(app === 'intake' && { isReady: (output: string) => output.includes('listening') }),
    })
    const url = `http://127.0.0.1:${port}`
    const readReasons = async (): Promise<Record<string, string | null>> => {
      const answer = (await (await fetch(`${url}/readyz`)).json()) as Readiness
      return Object.fromEntries(Object.entries(answer.checks).map(([part, { reason }]) => [part, reason]))
    }
    return { process, url, readReasons }
  }

  test('in session mode series of each kind are imported and reverted, and an import is cancelled and resumed', async () => {
    const { client } = system
    const upload = async (file: string): Promise<number> => {
      const { seriesId, ...fields } = SHOP_FIELDS
      const form = new FormData()
      for (const [name, value] of Object.entries({ ...fields, callbackUrl: receiver.url })) form.append(name, value)
      form.append('file', new Blob([SHOP_HEADER + file]), 'coupons.csv')
      const answer = await client.send('POST', `/v1/series/${seriesId}/imports`, form)
      expect(answer.status).toBe(202)
      return ((await answer.json()) as ImportView).id
    }
    const waitForStatus = async (importId: number, status: string): Promise<void> => {
      await waitUntil(
        `import ${importId} was ${status}`,
        async () => (await client.readImport(importId)).status === status,
      )
    }
    const file = `${shopRows(1, 300)}${shopRow(1)}\n${shopRow(UNKNOWN_COUPON)}\n`
    const counts = { rows: 302, inserted: 300, duplicates: 1, rejected: 1 }

    for (const limit of [1, 3, ''] as const) {
      await openShop(client, 300, limit)
      const id = await upload(file)
      expect(await client.waitUntilFinished(id)).toMatchObject({ status: 'completed', counts })
      expect((await client.send('POST', `/v1/imports/${id}/revert`)).status).toBe(202)
      await waitForStatus(id, 'reverted')
    }

    await openShop(client, 300)
    const obstacle = await blockCoupon(direct.ownerUrl, shopRedemption(HELD_COUPON))
    const held = await upload(file)
    await obstacle.waitUntilMet()
    // The action has to cancel the worker's statement, in a session that the pooler has given it.
    expect((await client.send('POST', `/v1/imports/${held}/cancel`)).status).toBe(200)
    await obstacle.remove()
    await waitForStatus(held, 'cancelled')
    expect((await client.send('POST', `/v1/imports/${held}/resume`)).status).toBe(202)
    expect(await client.waitUntilFinished(held)).toMatchObject({ status: 'completed', counts })

    await waitUntil('all webhooks have come', () => receiver.received.length === 8)
    const types = receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)
    expect(types.toSorted()).toEqual([
      'import.cancelled',
      ...Array.from({ length: 4 }, () => 'import.completed'),
      ...Array.from({ length: 3 }, () => 'import.reverted'),
    ])
    await waitUntil('no lock was left behind', async () => {
      const [locks] = await queryOnce(
        direct.ownerUrl,
        `SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
      return locks?.['held'] === 0
    })
  })

  test('in session mode the queue is not in the database, and a worker says why', async () => {
    const { url } = await startPgbouncer(direct.url, 'session')
    const { readReasons } = await startWaiting('worker', { DATABASE_URL: url })
    await waitUntil('the queue alone was refused', async () => {
      const { database, queue } = await readReasons()
      return database === null && queue === 'failed (08P01)'
    })
  })

  test('in transaction mode no intake and no worker begins, nor do migrations, and doctor names the pooler', async () => {
    const pooler = await startPgbouncer(direct.url, 'transaction')
    const { url } = pooler
    const env = { DATABASE_URL: url, REDIS_URL: redisUrl }
    const intake = await startWaiting('intake', env)
    const worker = await startWaiting('worker', env)
    for (const { readReasons } of [intake, worker]) {
      await waitUntil('the database alone was refused', async () => {
        const { database, queue } = await readReasons()
        return database?.includes(REMEDY) === true && queue === null
      })
    }
    const headers = { Authorization: `Bearer ${TEST_KEY}` }
    const native = await fetch(`${intake.url}/v1/imports`, { headers })
    const compatible = await fetch(`${intake.url}/upload/getUploadRedeemedCouponStatus/1?jobId=1`, { headers })
    const fault = { code: 'DATABASE_UNAVAILABLE', detail: expect.stringContaining(REMEDY) as string }
    expect([native.status, await native.json()]).toMatchObject([503, fault])
    expect([compatible.status, await compatible.json()]).toMatchObject([503, { errors: [{ code: fault.code }] }])

    await expect(migrateDatabase(url)).rejects.toThrow('a pooler in transaction mode')
    const database = openTestDatabase(url)
    const checks: Check[] = []
    for await (const check of checkDatabase(database, { url, ownerUrl: url }, new AbortController().signal)) {
      checks.push(check)
    }
    expect(checks).toMatchObject([{ name: 'Database' }, { name: 'Clock' }, { name: 'Pooler', state: 'finding' }])

    await pooler.setPoolMode('session')
    await waitUntil('the intake served', async () => (await fetch(`${intake.url}/v1/imports`, { headers })).ok)
  })

  test('a worker ends when its pooler is set to transaction mode while it runs, and an intake answers 503 until it is another one', async () => {
    const pooler = await startPgbouncer(direct.url, 'session')
    const env = { DATABASE_URL: pooler.url, REDIS_URL: redisUrl, DATA_DIR: system.dataDir, POOLER_CHECK_SECONDS: '1' }
    const intake = await startWaiting('intake', env)
    const worker = await startWaiting('worker', env)
    const waitUntilReady = async ({ readReasons }: Pick<typeof intake, 'readReasons'>) =>
      waitUntil('all was well', async () => Object.values(await readReasons()).every((reason) => reason === null))
    for (const each of [intake, worker]) await waitUntilReady(each)
    await waitUntil('the worker took jobs', () => worker.process.readOutput().includes('taking jobs'))
    const list = async () => fetch(`${intake.url}/v1/imports`, { headers: { Authorization: `Bearer ${TEST_KEY}` } })
    expect((await list()).status).toBe(200)

    await pooler.setPoolMode('transaction')
    expect(await worker.process.exited).toBe('exit code 1')
    expect(worker.process.readOutput()).toContain(REMEDY)
    const refused = await waitUntil('the intake refused', async () => {
      const answer = await list()
      return answer.status === 503 ? answer : null
    })
    expect(await refused.json()).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      detail: expect.stringContaining(REMEDY) as string,
    })
    const again = await startWaiting('worker', env)
    await waitUntil(
      'the worker that was started again refused',
      async () => (await again.readReasons())['database']?.includes(REMEDY) === true,
    )
    expect(again.process.readOutput()).not.toContain('taking jobs')

    await pooler.setPoolMode('session')
    await waitUntil('the intake served', async () => (await list()).ok)
    await waitUntil('the worker took jobs', () => again.process.readOutput().includes('taking jobs'))
  })

  test.each([2, 4])(
    'in transaction mode %i poolers behind one address are found, in session mode they are not',
    async (count) => {
      const urlOf = async (mode: 'session' | 'transaction'): Promise<string> => {
        const start = async () => (await startPgbouncer(direct.url, mode)).url
        return startRoundRobin([await start(), ...(await Promise.all(Array.from({ length: count - 1 }, start)))])
      }
      await expect(requireOwnSessions(await urlOf('transaction'))).rejects.toThrow(REMEDY)
      await expect(requireOwnSessions(await urlOf('session'))).resolves.toBeUndefined()
    },
  )

  test('a pooler that is set to transaction mode while a process runs is found, until its mode is another one', async () => {
    const pooler = await startPgbouncer(direct.url, 'session')
    const [one, other] = [openTestDatabase(pooler.url), openTestDatabase(pooler.url)]
    const readScope = async ({ prisma }: Pick<Database, 'prisma'>) =>
      prisma.$queryRaw<{ scope: string }[]>`SELECT current_setting('importer.org_id') AS scope`
    const guard = guardDatabase({
      checkSchema: async () => undefined,
      checkPooler: createPoolerCheck(pooler.url),
      log: { warn: () => undefined },
    })
    await guard.check()
    expect(guard.fault).toBeNull()

    const watched = watchPooler(guard, { signal: new AbortController().signal, everyMs: 1 })
    await pooler.setPoolMode('transaction')
    await watched
    expect(guard.fault).toContain(REMEDY)
    await expect(guard.check()).rejects.toThrow(REMEDY)
    // One session is given to both.
    await readScope(one)
    await readScope(other.forOrganization(OTHER_ORG))
    expect(await readScope(one)).toEqual([{ scope: String(OTHER_ORG) }])

    await pooler.setPoolMode('session')
    await guard.check()
    expect(guard.fault).toBeNull()
    expect(await readScope(one)).toEqual([{ scope: 'all' }])
  })
})
