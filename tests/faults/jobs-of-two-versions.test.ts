/**
 * Jobs of each kind beside imports (preparations, reverts, webhooks) between two versions: a job of a later one waits for a worker of it,
 * or after a rollback is queued again as the old version reads it; a new worker does those that an old intake or an old worker left.
 */
import { JOBS, prepareJobId, revertJobId } from '@importer/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startReceiver, type Receiver } from '../../packages/webhooks/test/start-receiver.ts'
import { makeNextVersion, migrateToNextVersion } from '../support/next-version.ts'
import { queryOnce } from '../support/query-once.ts'
import { listQueueBackends, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startCluster, type Intake, type Member, type RunningCluster } from '../support/running-cluster.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const COUPONS = 500
const ROWS = 10
const UNKNOWN_COUPON = 9_999

function intakeOf({ intakes: [intake] }: RunningCluster): Intake {
  if (intake === undefined) throw new Error('the cluster has no intake')
  return intake
}

function workerOf({ workers: [worker] }: RunningCluster): Member {
  if (worker === undefined) throw new Error('the cluster has no worker')
  return worker
}

/** Two imports that are over, of which `intake` lets one be tried again and the other reverted. Gives retry and reverted import. */
async function requestBoth(intake: Intake, over: readonly number[]): Promise<{ retried: number; reverted: number }> {
  const [source = 0, reverted = 0] = over
  const answer = await intake.client.send('POST', `/v1/imports/${source}/retry-rejected`, '{}')
  expect(answer.status).toBe(202)
  expect((await intake.client.send('POST', `/v1/imports/${reverted}/revert`)).status).toBe(202)
  return { retried: ((await answer.json()) as { id: number }).id, reverted }
}

async function waitForBoth(intake: Intake, { retried, reverted }: { retried: number; reverted: number }) {
  const { status, counts } = await intake.client.waitUntilFinished(retried)
  expect([status, counts]).toEqual(['completed', { rows: 1, inserted: 0, duplicates: 0, rejected: 1 }])
  await waitUntil(`import ${reverted} was reverted`, async () => {
    return (await intake.client.readImport(reverted)).status === 'reverted'
  })
}

/** The worker has said of this queue that a job there is newer than it. */
async function waitUntilLeft({ app }: Member, queue: string): Promise<void> {
  await waitUntil(`a job of ${queue} was left to a newer worker`, () =>
    app
      .readOutput()
      .split('\n')
      .some((line) => line.includes(`"queue":"${queue}"`) && line.includes('newer than this worker')),
  )
}

// Each waits for most of its time.
describe.concurrent.each(listQueueBackends())('with the queue in %s', (queue) => {
  let cluster: RunningCluster
  let receiver: Receiver
  let redis: RedisServer | undefined
  let uploads = 0

  beforeAll(async () => {
    receiver = await startReceiver()
    redis = queue === 'Redis' ? await startRedisServer() : undefined
    cluster = await startCluster({
      redisUrl: redis?.url,
      intakes: 1,
      workers: 1,
      env: { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' },
    })
    await openShop(intakeOf(cluster).client, COUPONS)
  })
  afterAll(async () => {
    await cluster.stop()
    await receiver.stop()
    await redis?.stop()
  })

  /** A file of good rows and a bad one. */
  async function upload({ client }: Intake, rules: Record<string, string> = {}): Promise<number> {
    uploads += 1
    const rows = shopRows((uploads - 1) * ROWS + 1, uploads * ROWS)
    const file = `${SHOP_HEADER}${rows}${shopRow(UNKNOWN_COUPON)}\n`
    return (await client.upload({ ...SHOP_FIELDS, file, rules })).jobId
  }

  async function importTwo(): Promise<number[]> {
    const intake = intakeOf(cluster)
    const ids = [await upload(intake), await upload(intake)]
    for (const id of ids) expect((await intake.client.waitUntilFinished(id)).status).toBe('completed')
    return ids
  }

  /** A worker is killed while its receiver has not answered yet: the job stays in the queue as that worker's version wrote it. */
  async function leaveWebhook(worker: Member): Promise<void> {
    const before = receiver.received.length
    const answered = receiver.answer
    receiver.answer = () => undefined
    await upload(intakeOf(cluster), { callbackUrl: receiver.url })
    await waitUntil('the webhook was sent', () => receiver.received.length > before)
    await worker.app.kill('SIGKILL')
    cluster.forget(worker)
    receiver.answer = answered
  }

  async function waitUntilDelivered(): Promise<void> {
    await waitUntil('every webhook was delivered', async () => {
      const [row] = await queryOnce(
        cluster.ownerUrl,
        `SELECT count(*)::int AS pending FROM webhook_delivery WHERE status <> 'delivered'`,
      )
      return row?.['pending'] === 0
    })
  }

  /** What a rollback takes: a job that no worker can read would be there for ever. Redis forgets those of every queue. */
  async function removeJobs(of: string | null, ids: readonly unknown[]): Promise<void> {
    if (redis !== undefined) return redis.flush()
    const removed = await queryOnce<{ id: string }>(
      cluster.ownerUrl,
      'DELETE FROM bullmq.job WHERE queue = coalesce($1, queue) RETURNING id',
      [of],
    )
    expect(removed.map(({ id }) => id).toSorted()).toEqual(ids)
  }

  it(
    'a retry and a revert of a later version wait for it, and after a rollback the old version does them',
    { concurrent: false },
    async () => {
      const over = await importTwo()
      await migrateToNextVersion(cluster.ownerUrl)
      const newIntake = await cluster.startIntake({}, await makeNextVersion('intake'))
      const both = await requestBoth(newIntake, over)
      for (const job of ['prepare', 'revert'] as const) await waitUntilLeft(workerOf(cluster), JOBS[job].queue)
      expect((await newIntake.client.readImport(both.retried)).status).toBe('queued')
      expect((await newIntake.client.readImport(both.reverted)).status).toBe('completed')

      await removeJobs(null, [prepareJobId(both.retried), revertJobId(both.reverted)])
      await waitForBoth(intakeOf(cluster), both)

      // Without a rollback a worker of the later version does them.
      const further = await requestBoth(newIntake, await importTwo())
      await cluster.startWorker({}, await makeNextVersion('worker'))
      await waitForBoth(newIntake, further)
    },
  )

  it(
    'a new worker does what an old intake requests, and delivers the webhook of an old worker that has died',
    { concurrent: false },
    async () => {
      const oldest = workerOf(cluster)
      for (const newer of cluster.workers.slice(1)) {
        expect(await newer.app.kill('SIGTERM')).toBe('exit code 0')
        cluster.forget(newer)
      }
      const over = await importTwo()
      await leaveWebhook(oldest)
      const both = await requestBoth(intakeOf(cluster), over)
      await cluster.startWorker({}, await makeNextVersion('worker'))
      await waitForBoth(intakeOf(cluster), both)
      await waitUntilDelivered()
    },
  )

  it(
    'an old worker leaves the webhook of a new one, and delivers it after a rollback',
    { concurrent: false },
    async () => {
      await leaveWebhook(workerOf(cluster))
      const old = await cluster.startWorker()
      await waitUntilLeft(old, JOBS.webhook.queue)
      await removeJobs(JOBS.webhook.queue, [expect.any(String)])
      await waitUntilDelivered()
    },
  )
})
