/** What an operator sees of both processes: health, readiness, and metrics that promtool has nothing to say about. */
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'

import { chooseFreePort } from '@importer/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem, TEST_ORG, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_SERIES, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const hasPromtool = spawnSync('promtool', ['--version']).status === 0

/** All that the documentation promises (docs/operations.md). */
const INTAKE_METRICS = [
  'redemptions_http_request_duration_seconds',
  'redemptions_uploads_total',
  'redemptions_upload_bytes_total',
]
const WORKER_METRICS = [
  'redemptions_rows_total',
  'redemptions_row_errors_total',
  'redemptions_imports_total',
  'redemptions_imports_waiting',
  'redemptions_imports_running',
  'redemptions_oldest_waiting_seconds',
  'redemptions_batch_seconds',
  'redemptions_takeovers_total',
  'redemptions_webhook_attempts_total',
  'redemptions_webhook_oldest_pending_seconds',
  'redemptions_database_pool_waiting',
]
const FILE_NAME = 'night-of-the-long-queue.csv'

let system: RunningSystem
let intakeUrl: string
let workerUrl: string

beforeAll(async () => {
  const [metricsPort, workerPort] = [await chooseFreePort(), await chooseFreePort()]
  system = await startSystem({ env: { METRICS_PORT: String(metricsPort), WORKER_PORT: String(workerPort) } })
  intakeUrl = `http://127.0.0.1:${metricsPort}`
  workerUrl = `http://127.0.0.1:${workerPort}`
  await openShop(system.client, 5)
})
afterAll(async () => system.stop())

async function readMetrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

/** The value of a metric with these labels, as it is written. */
function valueOf(text: string, metric: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `))
  if (line === undefined) throw new Error(`${metric} is not in:\n${text}`)
  return Number(line.slice(metric.length + 1))
}

test('both say whether they are well, at their own ports', async () => {
  const fine = { ok: true, reason: null }
  for (const url of [intakeUrl, workerUrl]) {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
    const ready = await fetch(`${url}/readyz`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({ status: 'ok', checks: { database: fine, queue: fine, storage: fine } })
    expect((await fetch(`${url}/v1/imports`)).status).toBe(404)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
  }
  // Where they have a port of their own, they are not offered to everybody.
  expect((await fetch(`http://127.0.0.1:${system.port}/metrics`)).status).toBe(404)
})

test('what was imported is counted: rows, codes, imports and uploads', async () => {
  const before = await readMetrics(workerUrl)
  expect(valueOf(before, 'redemptions_imports_total{status="completed"}')).toBe(0)
  // Three new, one twice, one coupon that another customer has used, one that there is not.
  const file = `${shopRows(1, 3)}${shopRow(1)}\n${shopRow(2, 7)}\n${shopRow(77)}\n`
  const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: Buffer.from(file), fileName: FILE_NAME })
  await system.client.waitUntilFinished(jobId)
  const worker = await waitUntil('the end was counted', async () => {
    const text = await readMetrics(workerUrl)
    return valueOf(text, 'redemptions_imports_total{status="completed"}') === 1 ? text : null
  })
  expect(valueOf(worker, 'redemptions_rows_total{outcome="inserted"}')).toBe(3)
  expect(valueOf(worker, 'redemptions_rows_total{outcome="duplicate"}')).toBe(1)
  expect(valueOf(worker, 'redemptions_rows_total{outcome="rejected"}')).toBe(2)
  expect(valueOf(worker, 'redemptions_row_errors_total{code="COUPON_ALREADY_REDEEMED"}')).toBe(1)
  expect(valueOf(worker, 'redemptions_row_errors_total{code="COUPON_NOT_FOUND"}')).toBe(1)
  expect(valueOf(worker, 'redemptions_row_errors_total{code="TILL_NOT_FOUND"}')).toBe(0)
  expect(valueOf(worker, 'redemptions_batch_seconds_count')).toBeGreaterThan(0)
  expect(valueOf(worker, 'redemptions_imports_waiting')).toBe(0)
  const intake = await readMetrics(intakeUrl)
  expect(valueOf(intake, 'redemptions_uploads_total')).toBe(1)
  expect(valueOf(intake, 'redemptions_upload_bytes_total')).toBe(file.length)
})

test('an import that fails before it has its file is counted', async () => {
  const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: Buffer.from(shopRow(78)) })
  await system.client.waitUntilFinished(jobId)
  const [row] = await queryOnce<{ file_key: string }>(
    system.ownerUrl,
    `SELECT file_key FROM import WHERE id = ${jobId}`,
  )
  // The file goes between the answer and the job.
  system.worker.freeze()
  const retry = await system.client.send('POST', `/v1/imports/${jobId}/retry-rejected`)
  expect(retry.status).toBe(202)
  const { id } = (await retry.json()) as { id: number }
  await rm(path.join(system.dataDir, row?.file_key ?? ''))
  system.worker.thaw()
  expect(await system.client.waitUntilFinished(id)).toMatchObject({ failure: { code: 'FILE_MISSING' } })
  await waitUntil('the end was counted', async () => {
    return valueOf(await readMetrics(workerUrl), 'redemptions_imports_total{status="failed"}') === 1
  })
})

test('every metric that is documented is there, and none holds an organization, a file or a person', async () => {
  for (const [url, names] of [[intakeUrl, INTAKE_METRICS] as const, [workerUrl, WORKER_METRICS] as const]) {
    const text = await readMetrics(url)
    for (const name of names) expect(text).toContain(`# TYPE ${name} `)
    const labels = [...text.matchAll(/="([^"]*)"/g)].map(([, value]) => value)
    for (const secret of [String(TEST_ORG), String(SHOP_SERIES), FILE_NAME, 'C77']) expect(labels).not.toContain(secret)
  }
})

test.skipIf(!hasPromtool)('promtool finds nothing wrong with the metrics of either', async () => {
  for (const url of [intakeUrl, workerUrl]) {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await readMetrics(url),
      encoding: 'utf8',
    })
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  }
})

test('an import whose worker was killed in the middle of it counts as taken over', async () => {
  const row = [4, (4 % 20) + 1, 50_001, Date.UTC(2024, 4, 1) + 4].join('/')
  const obstacle = await blockCoupon(system.ownerUrl, row)
  const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: Buffer.from(shopRows(4, 5)) })
  await obstacle.waitUntilMet()
  // What waits and runs is read from the database once a second at most.
  await waitUntil('it was seen to run', async () => {
    return valueOf(await readMetrics(workerUrl), 'redemptions_imports_running') === 1
  })
  await system.worker.kill('SIGKILL')
  await obstacle.terminateHeld()
  await obstacle.remove()
  await system.startWorker()
  await system.client.waitUntilFinished(jobId)
  const text = await waitUntil('the end was counted', async () => {
    const worker = await readMetrics(workerUrl)
    return valueOf(worker, 'redemptions_imports_total{status="completed"}') === 1 ? worker : null
  })
  expect(valueOf(text, 'redemptions_takeovers_total')).toBe(1)
  expect(valueOf(text, 'redemptions_oldest_waiting_seconds')).toBe(0)
})
