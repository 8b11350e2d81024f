/** The main job with its files in S3: real processes, real HTTP, a real S3 server. */
import type { ImportView } from '@importer/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { startS3Storage, type S3Storage } from '../support/s3-storage.ts'
import {
  openShop,
  SHOP_FIELDS,
  SHOP_HEADER,
  SHOP_SERIES,
  shopRedemption,
  shopRow,
  shopRows,
} from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const TIMEOUT_MS = 60_000
const COUPONS = 10_000
const MIB = 1024 * 1024
/** The last of a file's cells, which no column is mapped to. */
const NOTE = 'x'.repeat(60_000)

let storage: S3Storage
let system: RunningSystem
let nextCoupon = 1

beforeAll(async () => {
  storage = await startS3Storage()
  system = await startSystem({ partitions: 2, batchRows: 100, env: storage.disturbedEnv })
  await openShop(system.client, COUPONS)
})
afterAll(async () => {
  await system.stop()
  await storage.stop()
})

function takeCoupons(count: number): { first: number; last: number } {
  const first = nextCoupon
  nextCoupon += count
  return { first, last: nextCoupon - 1 }
}

/** Rows for coupons of their own; every `wrongEvery`-th names a till that does not exist. */
function makeRows(count: number, wrongEvery: number): string {
  const { first } = takeCoupons(count)
  const rows = Array.from({ length: count }, (_, n) => {
    const row = shopRow(first + n)
    return `${n % wrongEvery === wrongEvery - 1 ? row.replace(',50001,', ',99,') : row}\n`
  })
  return SHOP_HEADER + rows.join('')
}

async function uploadNatively(file: string): Promise<number> {
  const form = new FormData()
  const { seriesId, ...fields } = SHOP_FIELDS
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([file]), 'natively.csv')
  const response = await system.client.send('POST', `/v1/series/${seriesId}/imports`, form)
  expect(response.status).toBe(202)
  return ((await response.json()) as ImportView).id
}

describe('with the files in S3', { timeout: TIMEOUT_MS }, () => {
  it('imports what either API was given, and gives back file and reports', async () => {
    const file = makeRows(300, 100)
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file })
    const other = makeRows(200, 100)
    const natively = await uploadNatively(other)
    expect(await system.client.waitUntilFinished(jobId)).toMatchObject({
      outcome: 'partial',
      counts: { rows: 300, inserted: 297, duplicates: 0, rejected: 3 },
      errorsByCode: { TILL_NOT_FOUND: 3 },
    })
    expect(await system.client.waitUntilFinished(natively)).toMatchObject({ counts: { inserted: 198, rejected: 2 } })
    const job = await system.client.readJob(SHOP_SERIES, jobId)
    const errors = await (await system.client.get(job.errorFileUrl ?? 'none')).text()
    expect(errors.split('\n').map((line) => line.split(',').slice(4, 7).join())).toEqual([
      'rowNumber,line,errorCode',
      ...[100, 200, 300].map((row) => `${row},${row + 1},TILL_NOT_FOUND`),
      '',
    ])
    expect((await system.client.download(jobId, 'inserted.csv')).toString().split('\n')).toHaveLength(299)
    expect(await (await system.client.get(job.uploadedFileUrl)).text()).toBe(file)

    const part = await system.client.get(`/v1/imports/${natively}/file`, { Range: 'bytes=100-299' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-299/${other.length}`])
    expect(await part.text()).toBe(other.slice(100, 300))
  })

  it('tries rejected rows again, in a file of their own', async () => {
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: makeRows(100, 50) })
    await system.client.waitUntilFinished(jobId)
    const corrections = [{ column: 'redeemedAt', from: '99', to: '50001' }]
    const response = await system.client.send(
      'POST',
      `/v1/imports/${jobId}/retry-rejected`,
      JSON.stringify({ corrections }),
    )
    expect(response.status).toBe(202)
    const { id } = (await response.json()) as ImportView
    expect(await system.client.waitUntilFinished(id)).toMatchObject({
      outcome: 'success',
      retryOf: jobId,
      counts: { rows: 2, inserted: 2 },
    })
  })

  it('goes on from its checkpoint in another worker', async () => {
    const { first, last } = takeCoupons(2_000)
    const obstacle = await blockCoupon(system.ownerUrl, shopRedemption(first + 1_500))
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: shopRows(first, last) })
    await obstacle.waitUntilMet()
    await system.worker.kill('SIGKILL')
    const before = await system.client.readImport(jobId)
    expect(before.counts.rows).toBeGreaterThan(0)
    await obstacle.remove()
    await system.startWorker()
    expect(await system.client.waitUntilFinished(jobId)).toMatchObject({
      status: 'completed',
      attempts: 2,
      counts: { rows: 2_000, inserted: 2_000 },
    })
  })

  it('reads of a large file little more than the rows that a report is about', async () => {
    const { first } = takeCoupons(200)
    // Of 12 MB; the rejected rows are 2.4 MB apart.
    const rows = Array.from({ length: 200 }, (_, n) => {
      const row = shopRow(first + n)
      return `${n % 40 === 20 ? row.replace(',50001,', ',99,') : row},${NOTE}\n`
    })
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: rows.join('') })
    expect(await system.client.waitUntilFinished(jobId)).toMatchObject({ counts: { inserted: 195, rejected: 5 } })
    const before = { ...storage.reads }
    const report = (await system.client.download(jobId, 'errors.csv')).toString()
    expect(report.match(/TILL_NOT_FOUND/g)).toHaveLength(5)
    const bytes = storage.reads.bytes - before.bytes
    expect(bytes).toBeGreaterThan(0)
    expect(bytes / 5).toBeLessThan(MIB)

    const row = await system.client.get(`/v1/imports/${jobId}/rows/100`)
    expect(await row.json()).toMatchObject({ rowNumber: 100, outcome: 'inserted' })
  })

  it('forgets the file of an import that is deleted, and answers 503 while S3 refuses', async () => {
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: makeRows(100, 50) })
    await system.client.waitUntilFinished(jobId)
    storage.suffer({ kind: 'refuse', status: 503, code: 'SlowDown' })
    const refused = await system.client.get(`/v1/imports/${jobId}/file`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
    expect(await refused.json()).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await expect(system.client.upload({ ...SHOP_FIELDS, file: shopRow(1) })).rejects.toThrow(/503.*STORAGE_UNAVAILABLE/)
    storage.suffer(null)

    expect((await system.client.get(`/v1/imports/${jobId}/file`)).status).toBe(200)
    expect((await system.client.send('DELETE', `/v1/imports/${jobId}`)).status).toBe(204)
    await waitUntil(
      'its file is gone',
      async () => (await system.client.get(`/v1/imports/${jobId}/file`)).status === 404,
    )
    expect(await system.client.readImport(jobId)).toMatchObject({ status: 'completed', counts: { inserted: 98 } })
  })
})
