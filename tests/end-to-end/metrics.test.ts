/** What an operator sees of both processes: health, readiness, and metrics that promtool has nothing to say about. */
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'

import { chooseFreePort } from '@importer/embedded-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { readDocumentedMetrics, readMetricQueries, readSamples } from '../support/documented-metrics.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { hasPromtool } from '../support/promtool.ts'
import { queryOnce } from '../support/query-once.ts'
import { listQueueBackends, startQueueServer } from '../support/redis-server.ts'
import { startSystem, TEST_ORG, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_SERIES, shopRow, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const FILE_NAME = 'night-of-the-long-queue.csv'

let system: RunningSystem
let intakeUrl: string
let workerUrl: string

async function readMetrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

/** The value of a metric with these labels, as it is written. */
function valueOf(text: string, metric: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `))
  if (line === undefined) throw new Error(`${metric} is not in:\n${text}`)
  return Number(line.slice(metric.length + 1))
}

describe.each(listQueueBackends())('with the queue in %s', (queue) => {
  beforeAll(async () => {
    const [metricsPort, workerPort] = [await chooseFreePort(), await chooseFreePort()]
    system = await startSystem({
      redisUrl: await startQueueServer(queue),
      env: { METRICS_PORT: String(metricsPort), WORKER_PORT: String(workerPort) },
    })
    intakeUrl = `http://127.0.0.1:${metricsPort}`
    workerUrl = `http://127.0.0.1:${workerPort}`
    await openShop(system.client, 5)
  })
  afterAll(async () => system.stop())

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

  test('the page has every metric that is there and no other, with the labels and values that it has', async () => {
    const documented = readDocumentedMetrics()
    for (const [part, url] of [['intake', intakeUrl] as const, ['worker', workerUrl] as const]) {
      const text = await readMetrics(url)
      const ofPart = documented.filter((metric) => metric.part === part)
      const types = [...text.matchAll(/^# TYPE (redemptions_\w+) /gm)].map(([, name]) => name)
      expect(new Set(types)).toEqual(new Set(ofPart.map(({ name }) => name)))
      for (const { name, labels } of ofPart) {
        const samples = readSamples(text).filter((sample) => sample.name === name)
        const found = new Set(samples.flatMap((sample) => Object.keys(sample.labels)))
        found.delete('le')
        expect([name, ...found]).toEqual([name, ...Object.keys(labels)])
        for (const [label, values] of Object.entries(labels)) {
          const held = new Set(samples.map((sample) => sample.labels[label]))
          if (values.length > 0) expect([name, ...held]).toEqual([name, ...values])
        }
      }
      const labels = [...text.matchAll(/="([^"]*)"/g)].map(([, value]) => value)
      for (const secret of [String(TEST_ORG), String(SHOP_SERIES), FILE_NAME, 'C77'])
        expect(labels).not.toContain(secret)
    }
  })

  test('rules and dashboard ask for labels and values that there are', async () => {
    const publicUrl = `http://127.0.0.1:${system.port}`
    for (const endpoint of ['/healthz', '/readyz']) await fetch(publicUrl + endpoint)
    // Refused for want of a key, and counted by its route.
    await fetch(`${publicUrl}/v1/series/1/imports`, { method: 'POST' })
    const samples = await waitUntil('the refused request was counted', async () => {
      const found = [...readSamples(await readMetrics(intakeUrl)), ...readSamples(await readMetrics(workerUrl))]
      return found.some(({ labels }) => labels['route'] === '/v1/series/{seriesId}/imports') ? found : null
    })
    const queries = readMetricQueries()
    expect(queries.flatMap(({ matchers }) => matchers).length).toBeGreaterThan(5)
    for (const { name, matchers, groupedBy } of queries) {
      const held = samples.filter((sample) => sample.name === name).map(({ labels }) => labels)
      expect(held, name).not.toEqual([])
      for (const label of groupedBy) expect(Object.keys(held[0] ?? {}), name).toContain(label)
      for (const { label, values } of matchers) {
        const found = held.map((labels) => labels[label])
        for (const value of values) {
          // Of HTTP, which not every request gets.
          if (label === 'status' && /^[25](?:\d\d|\.\.)$/.test(value)) expect(found).toContain('200')
          // Which routes there are, whether asked for here or not, tests/deploy.test.ts holds.
          else if (label !== 'route') expect(found, `${name} by ${label}`).toContain(value)
        }
      }
    }
  })

  test.skipIf(!hasPromtool())('promtool finds nothing wrong with the metrics of either', async () => {
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
})
