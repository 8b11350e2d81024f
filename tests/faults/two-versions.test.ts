/**
 * While a version is replaced by the next one: the schema is the next one's already, and intakes and workers are of either version. Every
 * import is completed, each by a worker that can read its job; after a rollback, too.
 */
import { importJobId } from '@importer/contracts'
import { expect, it } from 'vitest'

import { makeNextVersion, migrateToNextVersion } from '../support/next-version.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startCluster, type Intake, type RunningCluster } from '../support/running-cluster.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 50

it('old workers do not lose what a new intake queues, nor new workers what an old one does', async () => {
  await tryBoth()
})

it.skipIf(!hasRedisServer())('nor do they with the queue in Redis', async () => tryBoth(await startRedisServer()))

async function tryBoth(redis?: RedisServer): Promise<void> {
  const running: RunningCluster = await startCluster({ intakes: 1, workers: 1, redisUrl: redis?.url })
  const { ownerUrl } = running
  const [oldIntake] = running.intakes
  const [oldWorker] = running.workers
  if (oldIntake === undefined || oldWorker === undefined) throw new Error('the cluster is empty')
  let uploads = 0
  const upload = async ({ client }: Intake): Promise<number> => {
    uploads += 1
    const file = SHOP_HEADER + shopRows((uploads - 1) * ROWS + 1, uploads * ROWS)
    return (await client.upload({ ...SHOP_FIELDS, file })).jobId
  }
  await openShop(oldIntake.client, 500)

  await migrateToNextVersion(ownerUrl)
  const newIntake = await running.startIntake({}, await makeNextVersion('intake'))
  const left = await upload(newIntake)
  await waitUntil('the old worker left the job to a newer one', () =>
    oldWorker.app.readOutput().includes('newer than this worker'),
  )
  await oldIntake.client.waitUntilFinished(await upload(oldIntake))
  const [waiting] = await queryOnce(ownerUrl, 'SELECT status, attempts FROM import WHERE id = $1', [left])
  expect(waiting).toEqual({ status: 'queued', attempts: 0 })

  // After a rollback it would be there for ever: its job is removed, and queued again as the old version reads it.
  if (redis === undefined) {
    const removed = await queryOnce(ownerUrl, 'DELETE FROM bullmq.job RETURNING id')
    expect(removed).toEqual([{ id: importJobId(left, 0) }])
  } else await redis.flush()
  await oldIntake.client.waitUntilFinished(left)

  const leftAgain = await upload(newIntake)
  await running.startWorker({}, await makeNextVersion('worker'))
  const byBoth = [leftAgain, await upload(oldIntake), await upload(newIntake)]
  for (const id of byBoth) await newIntake.client.waitUntilFinished(id)
  expect(await oldWorker.app.kill('SIGTERM')).toBe('exit code 0')
  running.forget(oldWorker)
  await oldIntake.client.waitUntilFinished(await upload(oldIntake))

  const [totals] = await queryOnce(
    ownerUrl,
    `SELECT (SELECT count(*)::int FROM redemption) AS redemptions, count(*) FILTER (WHERE status = 'completed')::int AS completed FROM import`,
  )
  expect(totals).toEqual({ redemptions: uploads * ROWS, completed: uploads })

  await running.stop()
}
