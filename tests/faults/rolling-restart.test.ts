/**
 * Every process is replaced, one after the other, while clients upload, poll and list without a pause: no request fails, and no
 * import is kept waiting.
 */
import { afterAll, describe, expect, it } from 'vitest'

import { noteCheckpoints, readCheckpoints } from '../support/checkpoints.ts'
import { startConstantLoad } from '../support/constant-load.ts'
import { isListening } from '../support/is-listening.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startCluster, type Member, type RunningCluster } from '../support/running-cluster.ts'
import { beginSlowUpload } from '../support/slow-upload.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const COUPONS = 16_000
/** Of a file that is imported all the while, in many small batches, by one worker after the other. */
const LONG_ROWS = 8_000
const ROWS_PER_UPLOAD = 5
/** Such that the long file lasts through all of the restart. */
const CHECKPOINT_DELAY_MS = 700
const MOST_DELAYED_MS = 10_000

/** As an operator does it: the new one serves before the old one gets the signal. `onceOut`: done before the old one has ended. */
async function replace(
  cluster: RunningCluster,
  member: Member,
  start: () => Promise<Member>,
  onceOut?: () => Promise<void>,
): Promise<void> {
  await start()
  const ended = member.app.kill('SIGTERM')
  await cluster.balancer.waitUntilOut(member.url)
  await onceOut?.()
  expect(await ended, member.app.readOutput().slice(-2_000)).toBe('exit code 0')
  cluster.forget(member)
}

/**
 * Replaces an intake amid an upload, whose second half comes when the intake takes no connection any more; then its client repeats it
 * under its key, as one does who never got the answer. Gives the import's id, which has to be one.
 */
async function replaceAmidUpload(cluster: RunningCluster, intake: Member, firstCoupon: number): Promise<number> {
  const rows = shopRows(firstCoupon, firstCoupon + ROWS_PER_UPLOAD - 1)
  const upload = await beginSlowUpload(intake.url, rows, `across-the-restart-${firstCoupon}`)
  let id = 0
  await replace(
    cluster,
    intake,
    async () => cluster.startIntake(),
    async () => {
      const port = Number(new URL(intake.url).port)
      await waitUntil('the intake took no connection any more', async () => !(await isListening(port)))
      const { status, body } = await upload.finish()
      expect([status, body]).toEqual([202, expect.stringContaining('"id":')])
      ;({ id } = JSON.parse(body) as { id: number })
    },
  )
  expect((await upload.repeat(cluster.balancer.url)).id).toBe(id)
  return id
}

/** Of each import, in ms: from its upload's answer, at the latest, to its end. */
async function readDelays(ownerUrl: string, ids: readonly number[]): Promise<number[]> {
  const rows = await queryOnce<{ ms: number }>(
    ownerUrl,
    `SELECT (extract(epoch FROM finished_at - created_at) * 1000)::float8 AS ms FROM import
     WHERE id = ANY ($1::int[]) AND status = 'completed' ORDER BY 1`,
    [ids],
  )
  return rows.map(({ ms }) => Math.round(ms))
}

describe.each(['Redis', 'PostgreSQL'] as const)('a rolling restart with the queue on %s', (queue) => {
  const isMissing = queue === 'Redis' && !hasRedisServer()
  let redis: RedisServer | undefined
  let cluster: RunningCluster | undefined
  afterAll(async () => {
    await cluster?.stop()
    await redis?.stop()
  })

  it.skipIf(isMissing)('fails no request and delays no import', async () => {
    redis = queue === 'Redis' ? await startRedisServer() : undefined
    cluster = await startCluster({ redisUrl: redis?.url, env: { SHUTDOWN_DRAIN_SECONDS: '1' } })
    const running = cluster
    const { client, ownerUrl } = running
    await openShop(client, COUPONS)
    await noteCheckpoints(ownerUrl, CHECKPOINT_DELAY_MS, ROWS_PER_UPLOAD + 1)
    const { jobId: longId } = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(1, LONG_ROWS) })
    const load = startConstantLoad({
      url: running.balancer.url,
      rowsPerUpload: ROWS_PER_UPLOAD,
      firstCoupon: LONG_ROWS + 1,
      lastCoupon: COUPONS - running.intakes.length * ROWS_PER_UPLOAD,
    })
    const slow: number[] = []
    for (const intake of running.intakes) {
      slow.push(await replaceAmidUpload(running, intake, COUPONS + 1 - (slow.length + 1) * ROWS_PER_UPLOAD))
    }
    for (const worker of running.workers) await replace(running, worker, async () => running.startWorker())
    const { status } = await client.readImport(longId)
    await load.stop()

    const { requests, unavailable, failures } = load.seen
    const accepted = [...load.seen.accepted, ...slow]
    await Promise.all([longId, ...accepted].map(async (id) => client.waitUntilFinished(id)))
    const delays = await readDelays(ownerUrl, accepted)
    const { count, longestGapMs } = await readCheckpoints(ownerUrl, longId)
    const [totals] = await queryOnce(
      ownerUrl,
      `SELECT count(*)::int AS redemptions, (SELECT max(attempts) FROM import) AS attempts FROM redemption`,
    )
    const { retried, broken, unserved } = running.balancer.passed
    console.log(
      `rolling restart, queue on ${queue}: ${requests} requests, ${unavailable} of them 503 with Retry-After, ${failures.length} failed; ` +
        `${retried} sent to another intake as the first took no connection; ${accepted.length} imports, ` +
        `half of them done within ${delays[Math.floor(delays.length / 2)]} ms, the slowest within ${delays.at(-1)} ms; ` +
        `the long one has ${count} checkpoints, at most ${longestGapMs} ms apart`,
    )
    // Else no worker had it to pass on.
    expect(status).toBe('processing')
    expect(longestGapMs).toBeLessThan(MOST_DELAYED_MS)
    expect([failures, broken, unserved]).toEqual([[], [], 0])
    expect(delays).toHaveLength(accepted.length)
    expect(delays.at(-1)).toBeLessThan(MOST_DELAYED_MS)
    // Nothing is lost and nothing twice, and nobody had to take over from a worker that failed.
    expect(totals).toEqual({ redemptions: LONG_ROWS + accepted.length * ROWS_PER_UPLOAD, attempts: 1 })
  })
})
