/** What falls between the database, the queue and the file store is found and mended by the reconciler and the janitor. */
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_SERIES, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

/** The reconciler comes every 10 s, and leaves alone what is younger than 5 s. */
const TIMEOUT_MS = 60_000

describe('with the queue in PostgreSQL', { timeout: TIMEOUT_MS }, () => {
  let system: RunningSystem
  beforeAll(async () => {
    system = await startSystem()
    await openShop(system.client, 1_000)
  })
  afterAll(async () => system.stop())

  it('an import whose job is deleted from the queue completes', async () => {
    await system.worker.kill('SIGKILL')
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: shopRows(1, 200) })
    const deleted = await queryOnce(system.ownerUrl, 'DELETE FROM bullmq.job RETURNING id')
    expect(deleted).toHaveLength(1)
    await letTimePass(system)
    await system.startWorker()
    expect(await system.client.waitUntilFinished(jobId)).toMatchObject({
      status: 'completed',
      counts: { inserted: 200 },
    })
  })

  it('an upload that was accepted while the queue was away completes', async () => {
    await system.worker.kill('SIGKILL')
    await queryOnce(system.ownerUrl, 'ALTER TABLE bullmq.job RENAME TO job_away')
    const job = await system.client.upload({ ...SHOP_FIELDS, file: shopRows(201, 400) })
    expect(job.uploadRedeemedCouponStatus).toBe('QUEUED')
    await queryOnce(system.ownerUrl, 'ALTER TABLE bullmq.job_away RENAME TO job')
    await letTimePass(system)
    await system.startWorker()
    const done = await system.client.waitUntilFinished(job.jobId)
    expect(done).toMatchObject({ status: 'completed', counts: { inserted: 200 } })
  })

  it('a client that goes away half-way leaves nothing behind, and the janitor removes what a killed process left', async () => {
    const before = await listFiles(system)
    const left = await sendHalfAnUpload(system)
    await waitUntil('the unfinished file is there', async () => (await listFiles(system)).length > before.length)
    left.destroy()
    await waitUntil('it is gone', async () => (await listFiles(system)).length === before.length)

    // A process that dies cannot clean up.
    await sendHalfAnUpload(system)
    const [partial] = await waitUntil('the unfinished file is there', async () => {
      const added = (await listFiles(system)).filter((file) => !before.includes(file))
      return added.length > 0 ? added : null
    })
    await system.intake.kill('SIGKILL')
    expect(await listFiles(system)).toContain(partial)
    await makeOld(path.join(system.dataDir, partial ?? ''), 60_000)
    // A file that was stored and never became an import: its intake died before it could commit.
    const orphan = partial?.replace(/\.part$/, '') ?? ''
    await writeFile(path.join(system.dataDir, orphan), 'never imported')
    await makeOld(path.join(system.dataDir, orphan), 2 * 3_600_000)
    await system.startIntake()
    await system.worker.kill('SIGKILL')
    await system.startWorker()
    await waitUntil(
      'the janitor removed both',
      async () => (await listFiles(system)).length === before.length,
      TIMEOUT_MS,
    )
    expect(await listFiles(system)).toEqual(before)
  })
})

describe.skipIf(!hasRedisServer())('with the queue on Redis', { timeout: TIMEOUT_MS }, () => {
  let redis: RedisServer
  let system: RunningSystem
  beforeAll(async () => {
    redis = await startRedisServer()
    system = await startSystem({ redisUrl: redis.url })
    await openShop(system.client, 1_000)
  })
  afterAll(async () => {
    await system.stop()
    await redis.stop()
  })

  it('an import whose job is flushed from the queue completes', async () => {
    await system.worker.kill('SIGKILL')
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: shopRows(1, 200) })
    await redis.flush()
    await letTimePass(system)
    await system.startWorker()
    expect(await system.client.waitUntilFinished(jobId)).toMatchObject({
      status: 'completed',
      counts: { inserted: 200 },
    })
  })

  it('an upload that was accepted while Redis was away completes', async () => {
    await redis.kill()
    const job = await system.client.upload({ ...SHOP_FIELDS, file: shopRows(201, 400) })
    expect(job.uploadRedeemedCouponStatus).toBe('QUEUED')
    const readiness = await system.client.get('/readyz')
    expect(readiness.status).toBe(503)
    expect(await readiness.text()).toContain('queue')
    await redis.startAgain()
    await letTimePass(system)
    const done = await system.client.waitUntilFinished(job.jobId)
    expect(done).toMatchObject({ status: 'completed', counts: { inserted: 200 } })
  })
})

/** As if nobody had heard of unfinished imports for a minute. */
async function letTimePass(system: RunningSystem): Promise<void> {
  await queryOnce(
    system.ownerUrl,
    `UPDATE import SET updated_at = updated_at - interval '1 minute' WHERE status = 'queued'`,
  )
}

async function makeOld(file: string, ageMs: number): Promise<void> {
  const then = new Date(Date.now() - ageMs)
  await utimes(file, then, then)
}

/** Stored uploads, unfinished ones too, relative to the DATA_DIR. */
async function listFiles({ dataDir }: RunningSystem): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dataDir, path.join(entry.parentPath, entry.name)))
    .toSorted()
}

/** A client that has sent some of its file and then nothing more. */
async function sendHalfAnUpload({ port }: RunningSystem): Promise<{ destroy(): void }> {
  const part = (name: string, value: string): string =>
    `--half\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const body =
    part('customerIdentifier', SHOP_FIELDS.customerIdentifier) +
    part('couponIdentifier', SHOP_FIELDS.couponIdentifier) +
    part('uploadHeaders', SHOP_FIELDS.uploadHeaders) +
    `--half\r\nContent-Disposition: form-data; name="file"; filename="half.csv"\r\n\r\n${shopRows(1, 3_000)}`
  const socket = connect(port, '127.0.0.1')
  // The server may be killed before the socket is.
  socket.on('error', () => socket.destroy())
  socket.write(
    `POST /upload/redeemFile/${SHOP_SERIES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TEST_KEY}\r\n` +
      `Content-Type: multipart/form-data; boundary=half\r\nContent-Length: ${body.length + 1_000_000}\r\n\r\n${body}`,
  )
  return socket
}
