import type { ImportView } from '@importer/client'
import { setTimeout as delay } from 'node:timers/promises'

import { readFirstJob } from './importer-client.ts'
import { TEST_KEY } from './running-system.ts'
import { SHOP_FIELDS, SHOP_HEADER, SHOP_SERIES, shopRows } from './small-shop.ts'

export interface ConstantLoad {
  /** What the clients have seen so far. */
  readonly seen: SeenByClients
  /** Ends the load once the requests under way are answered. */
  stop(): Promise<void>
}

export interface SeenByClients {
  readonly requests: number
  /** 503 with `Retry-After`: the request is to be repeated. */
  readonly unavailable: number
  /** Whatever no client should see: another status, a broken connection. */
  readonly failures: readonly string[]
  /** The ids of the imports that uploads were answered with. */
  readonly accepted: readonly number[]
}

export interface LoadOptions {
  readonly url: string
  /** Rows of each upload, each of a coupon of its own. */
  readonly rowsPerUpload: number
  /** Coupons from this one on are used. */
  readonly firstCoupon: number
  readonly lastCoupon: number
}

interface UploadRoute {
  readonly path: string
  readonly readId: (answer: unknown) => number
}

/** One client uploads by the native API, one by the compatible one. */
const UPLOAD_ROUTES: readonly UploadRoute[] = [
  { path: `/v1/series/${SHOP_SERIES}/imports`, readId: (answer) => (answer as ImportView).id },
  { path: `/upload/redeemFile/${SHOP_SERIES}`, readId: (answer) => readFirstJob(answer).jobId },
]
const POLLERS = 2
const LISTERS = 1
/** Between a client's answer and its next request. */
const PAUSE_MS = 20

/**
 * A few clients that upload to the shop, poll what they uploaded and read lists, each one request after the other. They repeat nothing:
 * whatever goes wrong is seen.
 */
export function startConstantLoad({ url, rowsPerUpload, firstCoupon, lastCoupon }: LoadOptions): ConstantLoad {
  const seen = { requests: 0, unavailable: 0, failures: [] as string[], accepted: [] as number[] }
  const headers = { Authorization: `Bearer ${TEST_KEY}` }
  let isStopping = false
  let nextCoupon = firstCoupon

  async function send(path: string, init: Pick<RequestInit, 'method' | 'body'> = {}): Promise<Response | null> {
    seen.requests += 1
    const what = `${init.method ?? 'GET'} ${path}`
    try {
      const response = await fetch(url + path, { ...init, headers })
      if (response.ok || response.status === 304) return response
      const text = await response.text()
      if (response.status === 503 && response.headers.has('retry-after')) seen.unavailable += 1
      else seen.failures.push(`${what}: ${response.status} ${text.slice(0, 200)}`)
    } catch (error) {
      seen.failures.push(`${what}: ${String(error)}, ${String((error as Error).cause)}`)
    }
    return null
  }

  async function upload(route: UploadRoute): Promise<void> {
    const from = nextCoupon
    nextCoupon += rowsPerUpload
    if (nextCoupon > lastCoupon + 1) throw new Error(`the load has used all coupons up to C${lastCoupon}`)
    const form = new FormData()
    for (const name of ['customerIdentifier', 'couponIdentifier', 'uploadHeaders'] as const) {
      form.append(name, SHOP_FIELDS[name])
    }
    form.append('file', new Blob([SHOP_HEADER + shopRows(from, nextCoupon - 1)]), 'load.csv')
    const response = await send(route.path, { method: 'POST', body: form })
    if (response !== null) seen.accepted.push(route.readId(await response.json()))
  }

  async function poll(): Promise<void> {
    const id = seen.accepted.at(-1 - Math.floor(Math.random() * 5))
    if (id !== undefined) await (await send(`/v1/imports/${id}`))?.arrayBuffer()
  }

  async function list(): Promise<void> {
    await (await send('/v1/imports?limit=20'))?.arrayBuffer()
    await (
      await send(`/upload/getUploadRedeemedCouponStatus/${SHOP_SERIES}?jobId=${seen.accepted.at(-1) ?? 1}`)
    )?.arrayBuffer()
  }

  async function repeat(request: () => Promise<void>): Promise<void> {
    while (!isStopping) {
      await request()
      await delay(PAUSE_MS)
    }
  }
  const clients = [
    ...UPLOAD_ROUTES.map(async (route) => repeat(async () => upload(route))),
    ...Array.from({ length: POLLERS }, async () => repeat(poll)),
    ...Array.from({ length: LISTERS }, async () => repeat(list)),
  ]
  return {
    seen,
    async stop() {
      isStopping = true
      await Promise.all(clients)
    },
  }
}
