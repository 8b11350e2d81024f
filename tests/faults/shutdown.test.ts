/** What SIGTERM leaves of the work under way: all of it within SHUTDOWN_TIMEOUT_SECONDS, and an honest end without. */
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import { chooseFreePort } from '@importer/embedded-postgres'
import { beforeAll, expect, test } from 'vitest'

import type { AppProcess } from '../support/app-process.ts'
import { isListening } from '../support/is-listening.ts'
import { blockCoupon, blockRedemptions } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { startS3Storage } from '../support/s3-storage.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES, shopRedemption, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'
import { PADDED_ROWS, PADDED_UPLOAD } from './padded-shop.ts'

const TIMEOUT_SECONDS = 4
/** Long enough to look at the worker meanwhile. */
const WORKER_TIMEOUT_SECONDS = '6'

let system: RunningSystem
let workerUrl: string

async function chooseWorkerUrl(): Promise<{ port: string; url: string }> {
  const port = String(await chooseFreePort())
  return { port, url: `http://127.0.0.1:${port}` }
}

beforeAll(async () => {
  const worker = await chooseWorkerUrl()
  workerUrl = worker.url
  system = await startSystem({
    env: { SHUTDOWN_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) },
    workerEnv: { WORKER_PORT: worker.port, SHUTDOWN_TIMEOUT_SECONDS: WORKER_TIMEOUT_SECONDS },
  })
  await openShop(system.client, 10)
})

interface SlowUpload {
  readonly request: ClientRequest
  /** Sends what is missing, and gives the answer. */
  finish(): Promise<{ status: number | undefined; body: string }>
}

/** Sends an upload but for its last bytes, and waits until the file has begun to be stored. */
async function beginUpload(rows: string): Promise<SlowUpload> {
  const { customerIdentifier, couponIdentifier, uploadHeaders } = SHOP_FIELDS
  const fields = { customerIdentifier, couponIdentifier, uploadHeaders }
  const boundary = 'slow-upload'
  const part = (head: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`
  const parts = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, value))
  const body = Buffer.from(
    `${parts.join('')}${part('name="file"; filename="slow.csv"', SHOP_HEADER + rows)}--${boundary}--\r\n`,
  )
  const sent = request({
    port: system.port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/upload/redeemFile/${SHOP_SERIES}`,
    headers: {
      Authorization: `Bearer ${TEST_KEY}`,
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': body.length,
    },
  })
  const half = body.length - 60
  sent.write(body.subarray(0, half))
  await waitUntil('the file had begun to be stored', async () => {
    const names = await readdir(system.dataDir, { recursive: true })
    return names.some((name) => name.endsWith('.part'))
  })
  return {
    request: sent,
    async finish() {
      const answered = once(sent, 'response')
      sent.end(body.subarray(half))
      const [response] = (await answered) as [IncomingMessage]
      return { status: response.statusCode, body: await text(response) }
    },
  }
}

/** Waits until a worker has begun to stop: gives what it says of itself then. */
async function waitUntilNotReady(url: string): Promise<unknown> {
  const response = await waitUntil('the worker was not ready', async () => {
    const found = await fetch(`${url}/readyz`)
    return found.status === 503 && found
  })
  return response.json()
}

/** The last line of a process that has ended: it may be read a moment later. */
async function readLastLine(app: AppProcess): Promise<unknown> {
  return waitUntil('its end was read', async () => {
    const last = JSON.parse(app.readOutput().split('\n').at(-2) ?? '{}') as { msg?: string }
    return last.msg === 'stopped' ? last : null
  })
}

test('an upload under way is taken after SIGTERM, while nothing new is, and the end is a clean one', async () => {
  const { intake } = system
  const upload = await beginUpload(shopRows(1, 2))
  const ended = intake.kill('SIGTERM')
  await waitUntil('no connection was taken any more', async () => !(await isListening(system.port)))
  const { status, body } = await upload.finish()
  expect([status, body]).toEqual([200, expect.stringContaining('"uploadRedeemedCouponStatus":"QUEUED"')])
  expect(await ended).toBe('exit code 0')
  expect(await readLastLine(intake)).toMatchObject({ level: 'info', msg: 'stopped', clean: true })
  const { jobId } = (JSON.parse(body) as { result: { redeemUploadJobStatuses: [{ jobId: number }] } }).result
    .redeemUploadJobStatuses[0]
  await system.startIntake()
  expect((await system.client.waitUntilFinished(jobId)).counts).toMatchObject({ rows: 2, inserted: 2 })
})

test('an upload that is not complete by then is cut, which is said, and is no clean end', async () => {
  const { intake } = system
  const upload = await beginUpload(shopRows(3, 4))
  const cut = once(upload.request, 'error')
  expect(await intake.kill('SIGTERM')).toBe('exit code 1')
  await cut
  expect(intake.readOutput()).toContain('1 requests were still under way after 3000 ms and were cut')
  expect(await readLastLine(intake)).toMatchObject({ msg: 'stopped', clean: false })
  await system.startIntake()
  // Nothing of it was accepted: there is the import of the test before alone.
  const { items } = (await (await system.client.get('/v1/imports')).json()) as { items: object[] }
  expect(items).toHaveLength(1)
})

test('a worker ends cleanly, but not where a batch hangs: it is alive and not ready until then, and another one goes on with it', async () => {
  await stopAmidBatch(system, workerUrl)
})

test.skipIf(!hasRedisServer())('nor where a batch hangs with the queue in Redis', async () => {
  const { port, url } = await chooseWorkerUrl()
  const { url: redisUrl } = await startRedisServer()
  const onRedis = await startSystem({
    redisUrl,
    workerEnv: { WORKER_PORT: port, SHUTDOWN_TIMEOUT_SECONDS: WORKER_TIMEOUT_SECONDS },
  })
  await openShop(onRedis.client, 10)
  await stopAmidBatch(onRedis, url)
  await onRedis.stop()
})

async function stopAmidBatch(running: RunningSystem, url: string): Promise<void> {
  const { client, ownerUrl, worker } = running
  const obstacle = await blockCoupon(ownerUrl, shopRedemption(6))
  const { jobId } = await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(5, 7) })
  await obstacle.waitUntilMet()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const ended = worker.kill('SIGTERM')
  expect(await waitUntilNotReady(url)).toEqual({
    status: 'unavailable',
    checks: { process: { ok: false, reason: 'the process is stopping; others take over its work' } },
  })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect(await ended).toBe('exit code 1')
  expect(worker.readOutput()).toContain('jobs still ran')
  expect(await readLastLine(worker)).toMatchObject({ msg: 'stopped', clean: false })
  await obstacle.remove()
  const next = await running.startWorker()
  expect((await client.waitUntilFinished(jobId)).counts).toMatchObject({ rows: 3, inserted: 3 })
  expect(await next.kill('SIGTERM')).toBe('exit code 0')
  expect(await readLastLine(next)).toMatchObject({ level: 'info', msg: 'stopped', clean: true })
}

test('a worker that stops takes no further import while a revert hangs, and hands back the one under way', async () => {
  const { port, url } = await chooseWorkerUrl()
  const { client, ownerUrl, worker, ...own } = await startSystem({ workerEnv: { WORKER_PORT: port } })
  await openShop(client, PADDED_ROWS + 4)
  const upload = async (from: number, to: number): Promise<number> => {
    return (await client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(from, to) })).jobId
  }
  const reverted = await upload(PADDED_ROWS + 1, PADDED_ROWS + 2)
  await client.waitUntilFinished(reverted)
  const inRevert = await blockRedemptions(ownerUrl, reverted)
  expect((await client.send('POST', `/v1/imports/${reverted}/revert`)).status).toBe(202)
  await inRevert.waitUntilMet()
  const inBatch = await blockCoupon(ownerUrl, shopRedemption(1))
  const { jobId: underWay } = await client.upload(PADDED_UPLOAD)
  await inBatch.waitUntilMet()

  const ended = worker.kill('SIGTERM')
  await waitUntilNotReady(url)
  const further = await upload(PADDED_ROWS + 3, PADDED_ROWS + 4)
  await inBatch.remove()
  await waitUntil('the import was handed back', async () => {
    const [row] = await queryOnce<{ clean_stop: boolean }>(
      ownerUrl,
      `SELECT clean_stop FROM import WHERE id = ${underWay}`,
    )
    return row?.clean_stop === true
  })
  await inRevert.remove()
  expect(await ended).toBe('exit code 0')
  expect(await client.readImport(further)).toMatchObject({ status: 'queued', attempts: 0 })
  expect(await client.readImport(underWay)).toMatchObject({ status: 'processing', attempts: 1 })

  const next = await own.startWorker()
  for (const id of [further, underWay]) {
    expect(await client.waitUntilFinished(id)).toMatchObject({ status: 'completed', attempts: 1 })
  }
  expect(next.readOutput()).not.toContain('taken over')
  await own.stop()
})

test('a worker whose storage is silent stops cleanly amid a look at it', async () => {
  const storage = await startS3Storage()
  const { ownerUrl, worker, stop } = await startSystem({
    env: storage.env,
    workerEnv: { ...storage.disturbedEnv, SHUTDOWN_TIMEOUT_SECONDS: '6' },
  })
  await waitUntil('the worker takes imports', () => worker.readOutput().includes('"queue":"imports"'))
  // From here on nothing but a look needs the storage.
  await waitUntil('the files were cleaned', async () => {
    return (await queryOnce(ownerUrl, `SELECT FROM maintenance WHERE task = 'clean-files'`)).length > 0
  })
  storage.network.disturb({ kind: 'silent' })
  await waitUntil('it looks at the storage', () => storage.network.swallowed > 0)
  expect(await worker.kill('SIGTERM')).toBe('exit code 0')
  await stop()
  await storage.stop()
})
