import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

import type { ImportView } from '@importer/client'

import { Random } from '../oracle/random.ts'
import { afterFile } from '../support/after-file.ts'
import { makeWorkbook } from '../support/make-workbook.ts'
import type { RunningCluster } from '../support/running-cluster.ts'
import { BrokenPromiseError } from './broken-promise.ts'
import { PersistentClient } from './persistent-client.ts'

const CLIENTS = 2
/** Away from those of generated cases, which have a million ids each, the first at the millionth of its seed. */
const SERIES = { single: 990_001, generic: 990_002 }
const CUSTOMER = 990_001
const TILL = 990_001
const FIRST_COUPON = 900_000_000_000
const COUPONS = 60_000
const SIZES = [100, 100, 500, 2_000, 8_000]
const FORMATS = ['csv', 'csv', 'gzip', 'workbook'] as const
const UPLOAD_HEADERS = '{"redeemedDateInMillis": 0, "redeemedAt": 1, "userId": 2, "couponCode": 3}'
/** Of so many rows one names a coupon that there is not; the last row repeats the first. */
const UNKNOWN_EVERY = 50
const READ_PATHS = [
  'errors?limit=50',
  'errors.csv',
  'inserted.csv',
  'duplicates.csv',
  'error-groups',
  'timeline',
  'rows/1',
]

export interface LoadCounts {
  imports: number
  rows: number
  reports: number
  webhooks: number
}

/** Imports of every kind beside whatever else goes on, each held to its counts. */
export interface MixedLoad {
  readonly counts: Readonly<LoadCounts>
  /** Resolves when what was begun is over, and nothing is begun until `resume`. Rejects where a promise was broken. */
  pause(): Promise<void>
  resume(): void
}

interface MadeFile {
  readonly seriesId: number
  readonly content: Uint8Array<ArrayBuffer>
  readonly rows: number
  readonly rejected: number
}

export async function startMixedLoad({ client: setUp, balancer }: RunningCluster, seed: number): Promise<MixedLoad> {
  await setUp.putReference('series', `id,maxRedemptionsPerCoupon\n${SERIES.single},1\n${SERIES.generic},\n`)
  await setUp.putReference('customers', `id\n${CUSTOMER}\n`)
  await setUp.putReference('tills', `id\n${TILL}\n`)
  const coupons = Array.from({ length: COUPONS }, (_, n) => `${FIRST_COUPON + n},${SERIES.single},S-${n}\n`)
  await setUp.putReference(
    'coupons',
    `id,seriesId,code\n${FIRST_COUPON - 1},${SERIES.generic},ALL\n${coupons.join('')}`,
  )
  const counts: LoadCounts = { imports: 0, rows: 0, reports: 0, webhooks: 0 }
  const receiver = await startReceiver(counts)
  const client = new PersistentClient(balancer.url)
  const random = new Random(seed)
  const state = { uploads: 0, usedCoupons: 0, isRunning: true }

  async function makeFile(): Promise<MadeFile> {
    const rows = random.pick(SIZES)
    const isSingle = state.usedCoupons + rows <= COUPONS && random.chance(0.5)
    const from = state.usedCoupons
    if (isSingle) state.usedCoupons += rows
    const beginMs = Date.UTC(2024, 0, 1) + state.uploads * 10_000
    const isUnknown = (n: number): boolean => n % UNKNOWN_EVERY === UNKNOWN_EVERY - 1
    const cells = Array.from({ length: rows }, (_, n) => [
      beginMs + n,
      TILL,
      CUSTOMER,
      isUnknown(n) ? `X-${n}` : isSingle ? `S-${from + n}` : 'ALL',
    ])
    cells[rows - 1] = cells[0] ?? []
    const csv = Buffer.from(cells.map((row) => `${row.join()}\n`).join(''))
    const content = {
      csv: async () => csv,
      gzip: async () => gzipSync(csv),
      workbook: async () => makeWorkbook({ sheets: [{ name: 'A', rows: cells }] }),
    }[random.pick(FORMATS)]
    return {
      seriesId: isSingle ? SERIES.single : SERIES.generic,
      content: new Uint8Array(await content()),
      rows,
      rejected: cells.filter(([, , , code]) => String(code).startsWith('X-')).length,
    }
  }

  async function importOne(): Promise<void> {
    state.uploads += 1
    const number = state.uploads
    const made = await makeFile()
    const isDryRun = random.chance(0.15)
    const isRetried = random.chance(0.3)
    const isReverted = random.chance(0.1)
    const isDeleted = random.chance(0.1)
    const form = new FormData()
    const fields = { customerIdentifier: 'USER_ID', couponIdentifier: 'COUPON_CODE', uploadHeaders: UPLOAD_HEADERS }
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('callbackUrl', receiver)
    form.append('dryRun', String(isDryRun))
    form.append('file', new Blob([made.content]), `mixed-${number}`)
    const { id } = await client.send<ImportView>(`/v1/series/${made.seriesId}/imports`, {
      method: 'POST',
      headers: { 'Idempotency-Key': `mixed-${number}` },
      body: form,
    })
    const duplicates = 1
    await expectCounts(id, {
      rows: made.rows,
      duplicates,
      rejected: made.rejected,
      inserted: made.rows - duplicates - made.rejected,
    })
    for (const path of READ_PATHS) {
      await client.read(`/v1/imports/${id}/${path}`)
      counts.reports += 1
    }
    if (isDryRun) return
    if (isRetried) {
      const retry = await client.retryRejected(id)
      await expectCounts(retry, { rows: made.rejected, duplicates: 0, rejected: made.rejected, inserted: 0 })
    }
    if (isReverted) {
      await client.act(id, 'revert')
      await client.waitFor(id, ({ status }) => status === 'reverted')
    }
    if (isDeleted) await client.read(`/v1/imports/${id}`, { method: 'DELETE' })
  }

  async function expectCounts(id: number, expected: Readonly<Record<string, number>>): Promise<void> {
    const { status, counts: found } = await client.waitFor(
      id,
      (view) => view.status !== 'queued' && view.status !== 'processing',
    )
    const isRight = Object.entries(expected).every(([name, value]) => Reflect.get(found, name) === value)
    if (status !== 'completed' || !isRight)
      throw new BrokenPromiseError(
        `mixed import ${id} is ${status} with ${JSON.stringify(found)}; expected completed with ${JSON.stringify(expected)}`,
      )
    counts.imports += 1
    counts.rows += found.rows
  }

  async function runClient(): Promise<void> {
    while (state.isRunning) await importOne()
  }

  let clients: Promise<unknown> = Promise.resolve()
  const load: MixedLoad = {
    counts,
    async pause() {
      state.isRunning = false
      await clients
    },
    resume() {
      state.isRunning = true
      clients = Promise.all(Array.from({ length: CLIENTS }, runClient))
      // Whoever pauses hears of it.
      clients.catch(() => undefined)
    },
  }
  load.resume()
  return load
}

/** Gives the address to which webhooks of imports are sent. */
async function startReceiver(counts: LoadCounts): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    counts.webhooks += 1
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterFile(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
