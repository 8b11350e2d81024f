/** Traces of an import through both processes, and what becomes of the import where nobody takes them, or nobody wants them. */
import { readdir, readFile } from 'node:fs/promises'

import type { ImportView } from '@importer/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startReceiver, type Receiver } from '../../packages/webhooks/test/start-receiver.ts'
import { afterFile } from '../support/after-file.ts'
import { queryOnce } from '../support/query-once.ts'
import { listQueueBackends, startQueueServer } from '../support/redis-server.ts'
import { startSystem, TEST_KEY, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES, shopRow, shopRows } from '../support/small-shop.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { startTraceCollector, type CollectedSpan, type TraceCollector } from '../support/trace-collector.ts'
import { waitUntil } from '../support/wait-until.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const UNSAMPLED_TRACE_ID = 'a'.repeat(32)
const RETRY_TRACE_ID = 'b'.repeat(32)
const CLIENT_SPAN = '00f067aa0ba902b7'
const HOOK_SECRET = 'hook-path-9d1f'
const FILE_NAME = 'night-of-the-long-queue.csv'
const INTERNAL = 1
const SERVER = 2
const CLIENT = 3
const PRODUCER = 4
const CONSUMER = 5

let collector: TraceCollector
let receiver: Receiver
/** With the collector for its traces. */
let traced: RunningSystem
let untraced: RunningSystem
/** Where V8 notes what the processes of each ran, when they end. */
let scripts: { traced: string; untraced: string }

async function upload(
  { client, port }: RunningSystem,
  { file, traceparent, callbackUrl }: { file: string; traceparent?: string; callbackUrl?: string },
): Promise<number> {
  const form = new FormData()
  const { seriesId, ...fields } = SHOP_FIELDS
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  if (callbackUrl !== undefined) form.append('callbackUrl', callbackUrl)
  form.append('file', new Blob([file]), FILE_NAME)
  const response = await client.send(
    'POST',
    `/v1/series/${seriesId}/imports`,
    form,
    traceparent === undefined ? {} : { traceparent },
  )
  expect(response.status, `by port ${port}`).toBe(202)
  return ((await response.json()) as ImportView).id
}

async function readTraceparent(system: RunningSystem, importId: number): Promise<string | null> {
  const [row] = await queryOnce<{ traceparent: string | null }>(
    system.ownerUrl,
    'SELECT traceparent FROM import WHERE id = $1',
    [importId],
  )
  return row?.traceparent ?? null
}

/** Of how many processes V8 has noted what they ran (NODE_V8_COVERAGE), and how many of these ran OpenTelemetry. */
async function countTracingProcesses(folder: string): Promise<{ processes: number; withTracing: number }> {
  const ran = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const { result } = JSON.parse(await readFile(`${folder}/${name}`, 'utf8')) as { result: { url: string }[] }
      return result.map(({ url }) => url)
    }),
  )
  const programs = ran.filter((urls) => urls.some((url) => /\/apps\/(?:intake|worker)\/main\.mjs$/.test(url)))
  const withTracing = programs.filter((urls) => urls.some((url) => /\/tracing\.mjs$|opentelemetry/.test(url)))
  return { processes: programs.length, withTracing: withTracing.length }
}

function findTrace(wantedId = TRACE_ID): CollectedSpan[] {
  return collector.spans.filter(({ traceId }) => traceId === wantedId)
}

function serviceOf({ resource }: CollectedSpan): unknown {
  return resource['service.name']
}

function describeSpan(span: CollectedSpan) {
  const { name, parentSpanId, kind } = span
  return { name, parentSpanId, kind, service: serviceOf(span) }
}

function listNames(spans: readonly CollectedSpan[]): string {
  return spans.map(({ name }) => name).join(', ')
}

describe.each(listQueueBackends())('with the queue in %s', (queue) => {
  beforeAll(async () => {
    collector = await startTraceCollector()
    receiver = await startReceiver()
    afterFile(async () => receiver.stop())
    scripts = { traced: await makeTemporaryFolder(), untraced: await makeTemporaryFolder() }
    const systems = await Promise.all([
      startSystem({
        redisUrl: await startQueueServer(queue),
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shops',
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
          // Intake sends nothing before its end.
          OTEL_BSP_SCHEDULE_DELAY: '600000',
          WEBHOOK_ALLOW_HTTP: 'true',
          WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
          NODE_V8_COVERAGE: scripts.traced,
        },
        // Longer than the end of the process may wait for it.
        workerEnv: { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '2000' },
      }),
      startSystem({
        redisUrl: await startQueueServer(queue),
        env: { NODE_V8_COVERAGE: scripts.untraced, OTEL_SERVICE_NAME: 'not-enough-to-trace' },
      }),
    ])
    for (const { client } of systems) await openShop(client, 1_000)
    ;[traced, untraced] = systems
  })
  afterAll(async () => Promise.all([traced.stop(), untraced.stop()]))

  test('where nobody answers, imports complete, and the log says that spans are dropped', async () => {
    collector.isAnswering = false
    const id = await upload(traced, { file: SHOP_HEADER + shopRows(501, 600) })
    expect(await traced.client.waitUntilFinished(id)).toMatchObject({ status: 'completed', counts: { inserted: 100 } })
    await waitUntil('spans were sent', () => collector.requests.length > 0)
    await waitUntil('the worker has given up', () => traced.worker.readOutput().includes('spans could not be sent'))
  })

  test('an upload, its import and its webhook are one trace, under the span of the client that sent it', async () => {
    collector.isAnswering = true
    const id = await upload(traced, {
      file: `${SHOP_HEADER}${shopRows(1, 300)}${shopRow(1)}\n${shopRow(9_999)}\n`,
      traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01`,
      callbackUrl: `${receiver.url}/${HOOK_SECRET}`,
    })
    const counts = { rows: 302, inserted: 300, duplicates: 1, rejected: 1 }
    expect(await traced.client.waitUntilFinished(id)).toMatchObject({ counts })
    // Of this one the client records nothing, so nobody does.
    const unsampled = await upload(traced, {
      file: SHOP_HEADER + shopRows(301, 310),
      traceparent: `00-${UNSAMPLED_TRACE_ID}-${CLIENT_SPAN}-00`,
    })
    await traced.client.waitUntilFinished(unsampled)
    const refused = await traced.client.send('POST', `/v1/series/${SHOP_SERIES}/imports`, new FormData())
    expect(refused.status).toBe(400)
    await waitUntil('the webhook was traced', () => findTrace().some(({ name }) => name === 'webhook'))
    expect(receiver.received.map(({ path }) => path)).toEqual([`/${HOOK_SECRET}`])
    const mended = { corrections: [{ column: 'couponCode', from: 'C9999', to: 'C400' }] }
    const retry = await traced.client.send('POST', `/v1/imports/${id}/retry-rejected`, JSON.stringify(mended), {
      traceparent: `00-${RETRY_TRACE_ID}-${CLIENT_SPAN}-01`,
    })
    expect(retry.status).toBe(202)
    const { id: retryId } = (await retry.json()) as ImportView
    expect(await traced.client.waitUntilFinished(retryId)).toMatchObject({ counts: { inserted: 1 } })
    const revert = await traced.client.send('POST', `/v1/imports/${retryId}/revert`)
    expect(revert.status).toBe(202)
    await waitUntil('the revert was traced', () => findTrace(RETRY_TRACE_ID).some(({ name }) => name === 'revert'))
    const kept = [await readTraceparent(traced, id), await readTraceparent(traced, unsampled)]

    // A worker that ends while nobody answers does not wait for that, and ends well: late would be exit code 1.
    collector.isAnswering = false
    const sent = collector.requests.length
    const last = await upload(traced, { file: SHOP_HEADER + shopRows(311, 320) })
    await traced.client.waitUntilFinished(last)
    await waitUntil('its spans were sent', () => collector.requests.length > sent)
    expect(await traced.worker.kill('SIGTERM')).toBe('exit code 0')
    expect(traced.worker.readOutput()).toContain('the last spans were not sent')
    // What was not sent by then is sent at the end.
    collector.isAnswering = true
    expect(new Set(collector.spans.map(serviceOf))).toEqual(new Set(['redemptions-worker']))
    expect(await traced.intake.kill('SIGTERM')).toBe('exit code 0')

    const trace = findTrace()
    const only = (name: string): CollectedSpan => {
      const [span, ...others] = trace.filter((each) => each.name === name)
      if (span === undefined || others.length > 0) throw new Error(`not one ${name} in ${listNames(trace)}`)
      return span
    }
    const request = only('upload')
    const slice = only('process')
    expect(kept).toEqual([
      `00-${TRACE_ID}-${request.spanId}-01`,
      expect.stringMatching(new RegExp(`^00-${UNSAMPLED_TRACE_ID}-[0-9a-f]{16}-00$`)),
    ])
    const batches = trace.filter(({ name }) => name === 'batch')
    const [intake, worker] = ['redemptions-intake', 'redemptions-worker']
    expect(trace.filter(({ name }) => name !== 'batch').map(describeSpan)).toEqual(
      expect.arrayContaining([
        { name: 'upload', parentSpanId: CLIENT_SPAN, kind: SERVER, service: intake },
        { name: 'store', parentSpanId: request.spanId, kind: INTERNAL, service: intake },
        { name: 'commit', parentSpanId: request.spanId, kind: INTERNAL, service: intake },
        { name: 'enqueue', parentSpanId: request.spanId, kind: PRODUCER, service: intake },
        { name: 'process', parentSpanId: request.spanId, kind: CONSUMER, service: worker },
        { name: 'claim', parentSpanId: slice.spanId, kind: INTERNAL, service: worker },
        { name: 'complete', parentSpanId: slice.spanId, kind: INTERNAL, service: worker },
        { name: 'webhook', parentSpanId: request.spanId, kind: CLIENT, service: worker },
      ]),
    )
    expect(trace).toHaveLength(8 + batches.length)
    for (const batch of batches) {
      expect(describeSpan(batch)).toEqual({
        name: 'batch',
        parentSpanId: slice.spanId,
        kind: INTERNAL,
        service: worker,
      })
    }
    // One a batch, of up to 100 rows of one of two partitions; not one a row.
    expect(batches.length).toBeGreaterThanOrEqual(4)
    expect(batches.length).toBeLessThanOrEqual(6)
    const sum = (key: string): number =>
      batches.reduce((total, { attributes }) => total + Number(attributes[`redemptions.rows.${key}`]), 0)
    expect([sum('inserted'), sum('duplicate'), sum('rejected')]).toEqual([300, 1, 1])
    expect(only('webhook').attributes).toMatchObject({ 'redemptions.import.id': id, 'http.response.status_code': 204 })

    expect(findTrace(UNSAMPLED_TRACE_ID)).toEqual([])
    const retried = findTrace(RETRY_TRACE_ID)
    const retrySpan = retried.find(({ name }) => name === 'retry')
    expect(retrySpan).toMatchObject({ parentSpanId: CLIENT_SPAN, kind: SERVER })
    const steps = retried.filter(({ parentSpanId }) => parentSpanId === retrySpan?.spanId)
    expect(listNames(steps.toSorted((a, b) => (a.name < b.name ? -1 : 1)))).toBe('enqueue, prepare, process, revert')
    const reverted = steps.find(({ name }) => name === 'revert')
    expect(reverted).toMatchObject({
      kind: CONSUMER,
      resource: { 'service.name': worker },
      attributes: { 'redemptions.import.id': retryId, 'redemptions.result': 'reverted' },
    })
    // A refused upload is a trace of its own, with why.
    const codes = collector.spans.flatMap(({ attributes }) => attributes['redemptions.error.code'] ?? [])
    expect(codes).toEqual([expect.stringMatching(/^[A-Z_]+$/)])
  })

  test('the standard variables count, and no span holds what a file, a key or a URL holds', () => {
    for (const { url, headers } of collector.requests)
      expect([url, headers['x-tenant']]).toEqual(['/v1/traces', 'shops'])
    const environments = collector.spans.map(({ resource }) => resource['deployment.environment.name'])
    expect(new Set(environments)).toEqual(new Set(['test']))
    const text = collector.readText()
    const cells = shopRow(1)
      .split(',')
      .filter((cell) => cell.length > 2)
    for (const secret of [...cells, 'C9999', FILE_NAME, HOOK_SECRET, TEST_KEY, traced.databaseUrl]) {
      expect(text).not.toContain(secret)
    }
  })

  test('without an endpoint nothing of OpenTelemetry is loaded, and imports carry no trace', async () => {
    const id = await upload(untraced, {
      file: SHOP_HEADER + shopRows(1, 300),
      traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01`,
    })
    expect(await untraced.client.waitUntilFinished(id)).toMatchObject({ counts: { inserted: 300 } })
    expect(await readTraceparent(untraced, id)).toBeNull()
    await Promise.all([untraced.intake.kill('SIGTERM'), untraced.worker.kill('SIGTERM')])
    expect(await countTracingProcesses(scripts.untraced)).toEqual({ processes: 2, withTracing: 0 })
    // The same look finds it where there is an endpoint.
    expect(await countTracingProcesses(scripts.traced)).toEqual({ processes: 2, withTracing: 2 })
  })
})
