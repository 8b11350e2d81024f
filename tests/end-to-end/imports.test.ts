/** What a client of the whole system sees, on both queues: real processes, real HTTP. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ImportView } from '@importer/client'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES, shopRow, shopRows } from '../support/small-shop.ts'

const TIMEOUT_MS = 60_000
const COUPONS = 120_000

describe.each([
  { name: 'the queue in PostgreSQL', hasRedis: false },
  ...(hasRedisServer() ? [{ name: 'the queue on Redis', hasRedis: true }] : []),
])('with $name', { timeout: TIMEOUT_MS }, ({ hasRedis }) => {
  let redis: RedisServer | undefined
  let system: RunningSystem
  let nextCoupon = 1

  beforeAll(async () => {
    redis = hasRedis ? await startRedisServer() : undefined
    system = await startSystem({ partitions: 2, batchRows: 100, concurrency: 2, redisUrl: redis?.url })
    await openShop(system.client, COUPONS)
  })

  afterAll(async () => {
    await system.stop()
    await redis?.stop()
  })

  /** Coupons that no other test uses. */
  function takeCoupons(count: number): { first: number; last: number } {
    const first = nextCoupon
    nextCoupon += count
    return { first, last: nextCoupon - 1 }
  }

  async function run(file: string | Uint8Array): Promise<ImportView> {
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file })
    return system.client.waitUntilFinished(jobId)
  }

  it('takes a file the second time as duplicates alone', async () => {
    const { first, last } = takeCoupons(1_000)
    const file = SHOP_HEADER + shopRows(first, last)
    expect(await run(file)).toMatchObject({
      status: 'completed',
      outcome: 'success',
      counts: { rows: 1_000, inserted: 1_000, duplicates: 0, rejected: 0 },
    })
    const again = await run(file)
    expect(again).toMatchObject({
      status: 'completed',
      outcome: 'success',
      counts: { rows: 1_000, inserted: 0, duplicates: 1_000, rejected: 0 },
      errorsByCode: {},
    })
    const job = await system.client.readJob(SHOP_SERIES, again.id)
    expect(job).toMatchObject({
      uploadRedeemedCouponStatus: 'COMPLETED',
      totalUploadedCount: 1_000,
      actualRowCount: 1_000,
      errorCount: 0,
      errorFileUrl: null,
      successFileUrl: null,
    })
  })

  it('takes the error report again, once it is mended', async () => {
    const { first, last } = takeCoupons(300)
    const wrong = new Set([first + 1, first + 150, last])
    const rows = Array.from({ length: 300 }, (_, n) => {
      const row = shopRow(first + n)
      return wrong.has(first + n) ? row.replace(',50001,', ',wrong till,') : row
    })
    const broken = await run(`${SHOP_HEADER}${rows.join('\n')}\n`)
    expect(broken).toMatchObject({
      outcome: 'partial',
      counts: { rows: 300, inserted: 297, duplicates: 0, rejected: 3 },
      errorsByCode: { INVALID_NUMBER: 3 },
    })
    const job = await system.client.readJob(SHOP_SERIES, broken.id)
    const report = await (await system.client.get(job.errorFileUrl ?? 'none')).text()
    expect(report.split('\n').map((line) => line.split(',').slice(0, 8).join())).toEqual([
      'date,till,mobile,code,rowNumber,line,errorCode,errorNumber',
      ...[first + 1, first + 150, last].map((coupon) => {
        const row = coupon - first + 1
        return `${shopRow(coupon).replace(',50001,', ',wrong till,')},${row},${row + 1},INVALID_NUMBER,629`
      }),
      '',
    ])
    expect(await run(report.replaceAll('wrong till', '50001'))).toMatchObject({
      outcome: 'success',
      headerRow: true,
      counts: { rows: 3, inserted: 3, duplicates: 0, rejected: 0 },
    })
  })

  it.each<[string, Uint8Array, code: string]>([
    ['empty', Buffer.alloc(0), 'EMPTY_FILE'],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'), 'NOT_CSV'],
    ['UTF-16 without a byte order mark', Buffer.from(`${SHOP_HEADER}${shopRow(1)}\n`, 'utf16le'), 'NOT_CSV'],
    ['a zip', Buffer.from('504b0304140000000800', 'hex'), 'NOT_CSV'],
  ])('fails a file that is %s with one clear message', async (_, file, code) => {
    const failed = await run(file)
    expect(failed).toMatchObject({ status: 'failed', outcome: null, failure: { code } })
    expect(failed.failure?.message).toMatch(/^[^\n]{20,200}$/)
    expect(failed.counts).toEqual({ rows: 0, inserted: 0, duplicates: 0, rejected: 0 })
    const job = await system.client.readJob(SHOP_SERIES, failed.id)
    expect(job).toMatchObject({ uploadRedeemedCouponStatus: 'FAILED', errorFileUrl: null, successFileUrl: null })
  })

  it.each([',', ';', '\t', '|'])(
    'finds the delimiter %j by itself, and whether there is a header',
    async (delimiter) => {
      const { first } = takeCoupons(2)
      const rows = [first, first + 1].map((coupon) => shopRow(coupon, 1, delimiter))
      const withHeader = await run([SHOP_HEADER.trim().replaceAll(',', delimiter), rows[0], ''].join('\r\n'))
      expect(withHeader).toMatchObject({ delimiter, headerRow: true, counts: { rows: 1, inserted: 1 } })
      const withoutHeader = await run(`\uFEFF${rows.join('\r')}`)
      expect(withoutHeader).toMatchObject({
        delimiter,
        headerRow: false,
        counts: { rows: 2, inserted: 1, duplicates: 1 },
      })
    },
  )

  it('lets two files compete for the same coupons: each is redeemed once, no row is lost', async () => {
    const { first } = takeCoupons(1_500)
    const fileOf = (customer: number): string =>
      Array.from({ length: 1_500 }, (_, n) => `${shopRow(first + n, customer)}\n`).join('')
    const [one, other] = await Promise.all([run(fileOf(1)), run(fileOf(2))])
    for (const { counts, status } of [one, other]) {
      expect(status).toBe('completed')
      expect(counts).toMatchObject({ rows: 1_500, duplicates: 0 })
    }
    expect(one.counts.inserted + other.counts.inserted).toBe(1_500)
    expect(one.errorsByCode).toEqual(rejectedAs('COUPON_ALREADY_REDEEMED', one.counts.rejected))
    const [stored] = await queryOnce<{ redemptions: number; coupons: number }>(
      system.ownerUrl,
      `SELECT count(*)::int AS redemptions, count(DISTINCT coupon_id)::int AS coupons
       FROM redemption WHERE import_id IN ($1, $2)`,
      [one.id, other.id],
    )
    expect(stored).toEqual({ redemptions: 1_500, coupons: 1_500 })
    const [unaccounted] = await queryOnce<{ rows: number }>(
      system.ownerUrl,
      `SELECT count(*)::int AS rows FROM unnest($1::int[]) AS i (id), generate_series(1, 1500) AS r (n)
       WHERE 1 <> (SELECT count(*) FROM redemption WHERE import_id = i.id AND row_number = r.n)
                + (SELECT count(*) FROM rejected_row WHERE import_id = i.id AND row_number = r.n)
                + (SELECT count(*) FROM duplicate_row WHERE import_id = i.id AND row_number = r.n)`,
      [[one.id, other.id]],
    )
    expect(unaccounted).toEqual({ rows: 0 })
  })

  it('completes small files while large ones run', async () => {
    const large = [takeCoupons(50_000), takeCoupons(50_000)]
    const small = takeCoupons(100)
    const giants = await Promise.all(
      large.map(async ({ first, last }) => {
        const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: shopRows(first, last) })
        return jobId
      }),
    )
    const done = await run(shopRows(small.first, small.last))
    expect(done).toMatchObject({ status: 'completed', counts: { inserted: 100 } })
    const ends = await Promise.all(giants.map(async (id) => system.client.waitUntilFinished(id)))
    for (const giant of ends) {
      expect(giant).toMatchObject({ status: 'completed', counts: { rows: 50_000, inserted: 50_000 } })
      expect(String(giant.finishedAt) > String(done.finishedAt)).toBe(true)
    }
  })

  it('imports many files at once', async () => {
    const ranges = Array.from({ length: 10 }, () => takeCoupons(100))
    const views = await Promise.all(ranges.map(async ({ first, last }) => run(shopRows(first, last))))
    for (const { counts } of views) expect(counts).toMatchObject({ rows: 100, inserted: 100 })
    expect(new Set(views.map(({ id }) => id)).size).toBe(10)
  })
})

function rejectedAs(code: string, rows: number): object {
  return rows === 0 ? {} : { [code]: rows }
}
