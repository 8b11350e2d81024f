/**
 * The importer on several machines: two intake apps behind a load balancer and three workers over one database, one queue and one
 * S3, as real processes. Whatever an app or a worker was given, the others know.
 */
import type { ImportView } from '@importer/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { findDifferences } from '../oracle/compare-outcome.ts'
import { loadReference, makeFaultCase, uploadFile } from '../faults/fault-case.ts'
import { openEvents, readToEnd } from '../support/import-events.ts'
import type { ImporterClient } from '../support/importer-client.ts'
import { blockCoupon } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import { readWholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startCluster, type Intake, type RunningCluster } from '../support/running-cluster.ts'
import { TEST_KEY } from '../support/running-system.ts'
import { openShop, SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES, shopRedemption, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const COUPONS = 2_400
const CASES = [0, 1].map((variant) => makeFaultCase(300, variant))
const UPLOADS_AT_ONCE = 4
const TIMEOUT_MS = 60_000

async function readList(client: ImporterClient, query: string) {
  const response = await client.get(`/v1/imports?${query}`)
  expect(response.status).toBe(200)
  return (await response.json()) as { items: ImportView[]; nextCursor: string | null }
}

/** What a view says but for where it was asked for. */
function withoutLinks({ links: _, ...view }: ImportView): Omit<ImportView, 'links'> {
  return view
}

describe.each(['Redis', 'PostgreSQL'] as const)('a cluster with its queue on %s', (queue) => {
  const isMissing = queue === 'Redis' && !hasRedisServer()
  let redis: RedisServer | undefined
  let cluster: RunningCluster
  let one: Intake
  let two: Intake

  beforeAll(async () => {
    if (isMissing) return
    redis = queue === 'Redis' ? await startRedisServer() : undefined
    cluster = await startCluster({ redisUrl: redis?.url, concurrency: 1, partitions: 2, batchRows: 50 })
    const [first, second] = cluster.intakes
    if (first === undefined || second === undefined) throw new Error('the cluster has fewer than two intake apps')
    one = first
    two = second
  }, TIMEOUT_MS)
  afterAll(async () => {
    await cluster?.stop()
    await redis?.stop()
  })

  it.skipIf(isMissing)('imports what any app was given exactly as one process does, whoever is asked', async () => {
    for (const each of CASES) await loadReference(cluster.client, each)
    const ids = await Promise.all(CASES.map(async (each, n) => uploadFile(n === 0 ? one.client : two.client, each)))
    for (const [n, each] of CASES.entries()) {
      const id = ids[n] ?? 0
      for (const { client } of [one, two]) {
        const { counts, status } = await client.waitUntilFinished(id)
        expect([status, counts.rows]).toEqual(['completed', each.evaluation.rows.length])
      }
      const outcomes = await Promise.all(
        [one, two].map(async ({ client }) => readWholeOutcome({ client, ownerUrl: cluster.ownerUrl }, id)),
      )
      expect(findDifferences(outcomes[0] ?? expect.fail(), each.evaluation, each.made.mapping)).toEqual([])
      expect(outcomes[1]).toEqual(outcomes[0])
    }
  })

  // Only now: the model of the cases knows nothing of the shop's coupons.
  it.skipIf(isMissing)('records each redemption once where both apps were given the same files at once', async () => {
    await openShop(cluster.client, COUPONS)
    const file = SHOP_HEADER + shopRows(1, 600)
    const jobs = await Promise.all(
      Array.from({ length: UPLOADS_AT_ONCE }, async (_, n) =>
        (n % 2 === 0 ? one : two).client.upload({ ...SHOP_FIELDS, file }),
      ),
    )
    const views = await Promise.all(jobs.map(async ({ jobId }) => cluster.client.waitUntilFinished(jobId)))
    const sum = (count: 'inserted' | 'duplicates' | 'rejected'): number =>
      views.reduce((total, { counts }) => total + counts[count], 0)
    expect([sum('inserted'), sum('duplicates'), sum('rejected')]).toEqual([600, 600 * (UPLOADS_AT_ONCE - 1), 0])
    const [row] = await queryOnce<{ n: number }>(
      cluster.ownerUrl,
      'SELECT count(*)::int AS n FROM redemption WHERE coupon_id <= 600',
    )
    expect(row?.n).toBe(600)
  })

  it.skipIf(isMissing)(
    'all three workers work, events come from either app, and actions count everywhere',
    async () => {
      const obstacles = await Promise.all(
        [700, 1_300, 1_900].map(async (coupon) => blockCoupon(cluster.ownerUrl, shopRedemption(coupon))),
      )
      const jobs = await Promise.all(
        [601, 1_201, 1_801].map(async (from, n) =>
          (n % 2 === 0 ? one : two).client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(from, from + 499) }),
        ),
      )
      const ids = jobs.map(({ jobId }) => jobId)
      // Each worker takes one import at a time: that all three are held up means that each holds one.
      for (const obstacle of obstacles) await obstacle.waitUntilMet()
      const streams = await Promise.all(
        [one, two].map(async ({ url }) => {
          const { status, events } = await openEvents(url, ids[0] ?? 0)
          return { status, read: readToEnd(events) }
        }),
      )
      expect(streams.map(({ status }) => status)).toEqual([200, 200])

      const cancelled = ids[1] ?? 0
      expect((await one.client.send('POST', `/v1/imports/${cancelled}/cancel`)).status).toBe(200)
      await waitUntil(
        'the other app knows',
        async () => (await two.client.readImport(cancelled)).status === 'cancelled',
      )
      expect((await two.client.send('POST', `/v1/imports/${cancelled}/resume`)).status).toBe(202)
      for (const obstacle of obstacles) await obstacle.remove()

      for (const id of ids) {
        const views = await Promise.all([one, two].map(async ({ client }) => client.waitUntilFinished(id)))
        for (const { counts } of views) expect(counts).toEqual({ rows: 500, inserted: 500, duplicates: 0, rejected: 0 })
      }
      const ends = await Promise.all(streams.map(async ({ read }) => (await read).at(-1)))
      expect(ends.map((last) => [last?.event, last?.view.status])).toEqual([
        ['end', 'completed'],
        ['end', 'completed'],
      ])
      // Of the same content the same id: who has read the end at one app has read it at the other.
      expect(ends[0]?.id).toBe(ends[1]?.id)
    },
  )

  it.skipIf(isMissing)('lists are the same at both, and their pages can be read here and there', async () => {
    const [atOne, atTwo] = await Promise.all([one, two].map(async ({ client }) => readList(client, 'limit=100')))
    const all = atOne?.items ?? []
    expect(all).toHaveLength(CASES.length + UPLOADS_AT_ONCE + 3)
    expect(atTwo?.items.map(withoutLinks)).toEqual(all.map(withoutLinks))

    const read: number[] = []
    let cursor: string | null = ''
    for (let page = 0; cursor !== null; page += 1) {
      const { client } = page % 2 === 0 ? one : two
      const { items, nextCursor } = await readList(client, `limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`)
      read.push(...items.map(({ id }) => id))
      cursor = nextCursor
    }
    expect(read).toEqual(all.map(({ id }) => id))

    const compatible = await Promise.all(
      [one, two].map(async ({ client }) => {
        const response = await client.get(`/upload/getUploadRedeemedCouponStatus/${SHOP_SERIES}`)
        const { result } = (await response.json()) as { result: { redeemUploadJobStatuses: { jobId: number }[] } }
        return result.redeemUploadJobStatuses.map(({ jobId }) => jobId)
      }),
    )
    expect(compatible[0]).toHaveLength(UPLOADS_AT_ONCE + 3)
    expect(compatible[1]).toEqual(compatible[0])
  })

  it.skipIf(isMissing)('an upload repeated at the other app is one import', async () => {
    const upload = async (url: string): Promise<{ status: number; id: number | undefined }> => {
      const { seriesId, ...fields } = SHOP_FIELDS
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      form.append('file', new Blob([SHOP_HEADER + shopRows(2_391, 2_400)]), 'once.csv')
      const response = await fetch(`${url}/v1/series/${seriesId}/imports`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${TEST_KEY}`, 'Idempotency-Key': 'the-same' },
        body: form,
      })
      const { id } = (await response.json()) as { id?: number }
      return { status: response.status, id }
    }
    const atOnce = await Promise.all([upload(one.url), upload(two.url)])
    const made = atOnce.find(({ status }) => status === 202)
    expect(made).toBeDefined()
    // The other one was still under way, or had made the import already.
    for (const { status, id } of atOnce) expect([202, 409]).toContain(status === 202 && id !== made?.id ? id : status)
    for (const { url } of [one, two]) expect(await upload(url)).toEqual({ status: 202, id: made?.id })
    const { items } = await readList(two.client, 'q=once_')
    expect(items.map(({ id }) => id)).toEqual([made?.id])
  })

  it.skipIf(isMissing)('a session of one app is one of the other, and the page comes from both', async () => {
    const opened = await fetch(`${one.url}/v1/session`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TEST_KEY}` },
    })
    expect(opened.status).toBe(201)
    const headers = { Cookie: opened.headers.getSetCookie()[0]?.split(';')[0] ?? '', 'Sec-Fetch-Site': 'same-origin' }
    const look = async ({ url }: Intake): Promise<number> =>
      (await fetch(`${url}/v1/imports?limit=1`, { headers })).status
    expect([await look(two), await look(one)]).toEqual([200, 200])

    const pages = await Promise.all([one, two].map(async ({ url }) => (await fetch(`${url}/imports/1`)).text()))
    expect(pages[1]).toBe(pages[0])
    const assets = [...(pages[0] ?? '').matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    expect(assets.length).toBeGreaterThan(0)
    for (const asset of assets) {
      const files = await Promise.all([one, two].map(async ({ url }) => fetch(url + asset)))
      expect(files.map(({ status }) => status)).toEqual([200, 200])
      expect(await files[1]?.text()).toBe(await files[0]?.text())
    }

    expect((await fetch(`${two.url}/v1/session`, { method: 'DELETE', headers })).status).toBe(204)
    await waitUntil('the session is over at both', async () => {
      const statuses = [await look(one), await look(two)]
      return statuses.every((status) => status === 401)
    })
  })

  it.skipIf(isMissing)('the load balancer has sent requests to both, and none of them broke', () => {
    const { sent, broken, unserved } = cluster.balancer.passed
    expect(Object.keys(sent).toSorted()).toEqual([one.url, two.url].toSorted())
    expect([broken, unserved]).toEqual([[], 0])
  })
})
