import { createFileStore } from '@importer/file-store'
import { beforeAll, describe, expect, test } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { mountSmallDisk } from '../../../../tests/support/small-disk.ts'
import { waitUntil } from '../../../../tests/support/wait-until.ts'
import { readJson } from '../../test/read-json.ts'
import { startIntake, type TestIntake } from '../../test/start-intake.ts'
import { fieldParts, filePart, makeForm, postForm, postGood } from '../../test/upload.ts'
import { createStorageProbe } from './probe-storage.ts'

describe('a service that is well', async () => {
  const intake = await startIntake()

  test('says so without a key', async () => {
    expect(await readJson(await fetch(`${intake.url}/healthz`))).toEqual({ status: 'ok' })
    const ready = await fetch(`${intake.url}/readyz`)
    expect(ready.status).toBe(200)
    const fine = { ok: true, reason: null }
    expect(await readJson(ready)).toEqual({ status: 'ok', checks: { database: fine, queue: fine, storage: fine } })
    expect(ready.headers.has('x-powered-by')).toBe(false)
  })

  test('counts requests by route, never by path, and uploads', async () => {
    await postGood(intake)
    await fetch(`${intake.url}/v1/imports/424242`)
    await fetch(`${intake.url}/somewhere/else`)
    const response = await fetch(`${intake.url}/metrics`)
    const text = await response.text()
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(text).toContain(
      'redemptions_http_request_duration_seconds_count{method="GET",route="/v1/imports/{importId}",status="401"} 1',
    )
    expect(text).toContain(
      'redemptions_http_request_duration_seconds_count{method="POST",route="redeemFile",status="200"} 1',
    )
    expect(text).toContain('route="unmatched"')
    expect(text).toMatch(/^redemptions_upload_bytes_total 5\d$/m)
    expect(text).toContain('process_resident_memory_bytes')
    // In no label: a measured value may have these digits by chance.
    expect(text).not.toMatch(/\{[^}\n]*424242/)
  })

  test('logs one line for each request, with its id and without a secret', async () => {
    await fetch(`${intake.url}/v1/imports?limit=5`, {
      headers: { Authorization: `Bearer ${intake.keys.read}`, 'X-Request-Id': 'mine-1' },
    })
    const find = () => intake.logged.filter((line) => line.includes('mine-1')).map((line) => JSON.parse(line))
    // It is written once the answer has gone out, which its reader may see first.
    await waitUntil('the request was logged', async () => find().length > 0)
    const lines = find()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ requestId: 'mine-1', method: 'GET', route: '/v1/imports', status: 200 })
    expect(intake.logged.join('')).not.toContain(intake.keys.read)
  })
})

describe('a service whose parts fail', () => {
  const secret = 'postgresql://user:hunter2@host/db'
  let intake: TestIntake
  beforeAll(async () => {
    intake = await startIntake({
      readinessChecks: {
        database: () => Promise.reject(Object.assign(new Error(secret), { code: 'ECONNREFUSED' })),
        queue: () => new Promise(() => {}),
        storage: () => {
          throw new Error(secret)
        },
      },
      enqueueImport: () => new Promise(() => {}),
    })
  })

  test('is not ready, reports which and hides why', async () => {
    const response = await fetch(`${intake.url}/readyz`)
    expect(response.status).toBe(503)
    expect(await readJson(response)).toEqual({
      status: 'unavailable',
      checks: {
        database: { ok: false, reason: 'failed (ECONNREFUSED)' },
        queue: { ok: false, reason: 'no answer within 2000 ms' },
        storage: { ok: false, reason: 'failed' },
      },
    })
  })

  test('is ready for whoever excludes those, as a load balancer does with what uploads and reports go on without', async () => {
    const all = await fetch(`${intake.url}/readyz?exclude=database&exclude=queue&exclude=storage`)
    expect([all.status, await readJson(all)]).toEqual([200, { status: 'ok', checks: {} }])
    const others = await fetch(`${intake.url}/readyz?exclude=queue&exclude=storage`)
    expect([others.status, Object.keys((await readJson(others)).checks)]).toEqual([503, ['database']])
  })

  test('accepts uploads without a queue, as the reconciler will find them', async () => {
    const response = await postForm(intake, makeForm([...fieldParts(), filePart()]))
    expect(response.status).toBe(200)
    expect(intake.logged.some((line) => line.includes('the queue is slow'))).toBe(true)
    expect(await intake.countStored()).toMatchObject({ imports: 1, files: 1, jobs: 0 })
  })
})

test('a database that does not answer is 503 in the form of each API, without a word of why', async () => {
  const database = openTestDatabase('postgresql://user:hunter2@127.0.0.1:1/none')
  const intake = await startIntake({ databases: database, systemDatabase: database })
  const headers = { Authorization: `Bearer ${intake.keys.read}` }
  const compatible = await fetch(`${intake.url}/upload/getUploadRedeemedCouponStatus/1`, { headers })
  const native = await fetch(`${intake.url}/v1/imports/1`, { headers })
  const message = 'the database does not answer at the moment; repeat the request later'
  expect([compatible.headers.get('retry-after'), native.headers.get('retry-after')]).toEqual(['5', '5'])
  expect(await readJson(compatible)).toEqual({
    success: false,
    status: 503,
    errors: [{ code: 'DATABASE_UNAVAILABLE', field: 'request', message }],
  })
  expect(await readJson(native)).toEqual({
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    code: 'DATABASE_UNAVAILABLE',
    detail: message,
  })
  for (let i = 0; i < 3; i += 1) await fetch(`${intake.url}/v1/imports/${i}`, { headers })
  // One line for each API, however many requests fail for the same reason.
  const lines = intake.logged.filter((line) => line.includes('request failed'))
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ route: 'getUploadRedeemedCouponStatus', errorCode: 'DATABASE_UNAVAILABLE', keptBack: 0 }),
    expect.objectContaining({ route: '/v1/imports/{importId}', errorCode: 'DATABASE_UNAVAILABLE', keptBack: 0 }),
  ])
})

test('a database without our tables is not ready, and says what to run', async () => {
  const intake = await startIntake()
  await queryOnce(intake.ownerUrl, 'DROP SCHEMA public CASCADE')
  await queryOnce(intake.ownerUrl, 'CREATE SCHEMA public')
  const response = await fetch(`${intake.url}/readyz`)
  const { checks } = await readJson(response)
  expect(response.status).toBe(503)
  expect(checks.database).toEqual({
    ok: false,
    reason: 'the database holds none of our tables; run `npm run migrate`',
  })
})

const disk = await mountSmallDisk(64 * 1024)

test.skipIf(disk === null)('a disk that is full is not ready, until there is room again', async () => {
  let now = 0
  const store = await createFileStore({ storageUrl: undefined, dataDir: disk?.folder ?? '', s3Endpoint: undefined })
  const probe = createStorageProbe(store, () => now)
  await probe()
  await disk?.leaveFree(0)
  await expect(probe(), 'what was found is kept for 5 s').resolves.toBeUndefined()
  now += 5_000
  const intake = await startIntake({
    readinessChecks: { database: async () => undefined, queue: async () => undefined, storage: probe },
  })
  const full = await fetch(`${intake.url}/readyz`)
  await disk?.empty()
  now += 5_000
  const roomy = await fetch(`${intake.url}/readyz`)
  expect(full.status).toBe(503)
  expect((await readJson(full)).checks.storage).toEqual({
    ok: false,
    reason: 'no room is left to store files (ENOSPC)',
  })
  expect(roomy.status).toBe(200)
})
