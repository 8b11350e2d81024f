import { describe, expect, it } from 'vitest'

import { openFaultyProxy, type Fault, type FaultyProxy } from '../support/faulty-proxy.ts'
import { queryOnce } from '../support/query-once.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { startSystem, TEST_KEY, type RunningSystem, type SystemOptions } from '../support/running-system.ts'
import { startS3Storage } from '../support/s3-storage.ts'
import { beginSlowUpload, type SlowUpload } from '../support/slow-upload.ts'
import { openShop, SHOP_SERIES, shopRows } from '../support/small-shop.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM } from './fault-case.ts'

/** While a fault lasts, whoever makes a new connection has it, too. */
const FAULTS: Fault[] = [
  { kind: 'silent' },
  { kind: 'trickle', bytesPerSecond: 200 },
  { kind: 'slow', delayMs: 100 },
  { kind: 'reset' },
]
const ROWS = 200
const COMPLETED = { status: 'completed', counts: { rows: ROWS, inserted: ROWS, duplicates: 0, rejected: 0 } }
/** The longest that a client waits while a peer is silent: the table of failures in ARCHITECTURE.md. */
const LIMIT_MS = 75_000

/** What the intake answered; `undefined`: it broke the connection amid a body that it had begun. */
interface Answer {
  readonly status: number | undefined
  readonly retryAfter: string | null
  readonly body: string
}

/** Rejects where the answer does not come in time. */
async function request(url: string, path: string): Promise<Answer> {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const response = await fetch(new URL(path, url), { headers: { Authorization: `Bearer ${TEST_KEY}` }, signal })
  const retryAfter = response.headers.get('retry-after')
  try {
    return { status: response.status, retryAfter, body: await response.text() }
  } catch (error) {
    if (signal.aborted) throw error
    return { status: undefined, retryAfter, body: '' }
  }
}

const pathsOf = (importId: number): string[] => [
  `/v1/imports/${importId}`,
  '/v1/imports',
  `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${SHOP_SERIES}?jobId=${importId}`,
  `/v1/imports/${importId}/inserted.csv`,
]

interface Disturbed {
  readonly system: RunningSystem
  readonly url: string
  readonly importId: number
  readonly upload: SlowUpload
  /** That of the upload, and then those of the paths. */
  readonly answers: readonly Answer[]
}

/** An import is complete; another one's upload is under way when the fault begins, which goes on when all is answered. */
async function disturb(proxy: FaultyProxy, fault: Fault, options: SystemOptions): Promise<Disturbed> {
  const system = await startSystem({ ...FAULT_SYSTEM, ...options })
  await openShop(system.client, 2 * ROWS)
  const url = `http://127.0.0.1:${system.port}`
  const first = await (await beginSlowUpload(url, shopRows(1, ROWS), 'first')).finish()
  const { id: importId } = JSON.parse(first.body) as { id: number }
  expect(await system.client.waitUntilFinished(importId)).toMatchObject(COMPLETED)

  const upload = await beginSlowUpload(url, shopRows(ROWS + 1, 2 * ROWS), 'second')
  proxy.disturb(fault)
  const answers = await Promise.all([
    upload.finish(LIMIT_MS),
    ...pathsOf(importId).map(async (path) => request(url, path)),
  ])
  expect(await request(url, '/healthz')).toMatchObject({ status: 200 })
  return { system, url, importId, upload, answers }
}

/**
 * A connection that only trickles is given up by nobody, as it answers: whether the intake is ready would depend on which one it
 * uses. So the network recovers as a whole. The upload, repeated under its key, becomes one import and no more, and
 * everything is answered again.
 */
async function expectRecovery({ system, url, importId, upload }: Disturbed): Promise<void> {
  const repeated = await waitUntil(
    'the repeated upload is taken',
    // While the key's former claim could not be given back, it is in use: 409.
    async () =>
      upload.repeat(url).catch((error: unknown) => (/: (409|503) /.test(String(error)) ? null : thrown(error))),
    LIMIT_MS,
  )
  expect(await system.client.waitUntilFinished(repeated.id, LIMIT_MS)).toMatchObject(COMPLETED)
  expect(await queryOnce(system.ownerUrl, 'SELECT id FROM import ORDER BY id')).toHaveLength(2)
  // A connection on which nobody waits is found to be silent when it is used.
  for (const path of [...pathsOf(importId), '/readyz']) {
    await waitUntil(`${path} is answered`, async () => (await request(url, path)).status === 200, LIMIT_MS)
  }
  await system.stop()
}

function thrown(error: unknown): never {
  throw error
}

/** A report that had begun cannot be refused any more: its connection breaks. */
function expectRefused({ status, retryAfter, body }: Answer, code: string): void {
  if (status === undefined) return
  expect([status, retryAfter], body).toEqual([503, '5'])
  expect(body).toContain(code)
}

/** Which of the answers are refusals depends on how slow the fault is: each is one, or is as it should be. */
function expectAnswered(answer: Answer, code: string): void {
  if (answer.status !== undefined && answer.status >= 400) expectRefused(answer, code)
}

describe.concurrent.each(FAULTS)('connections of an intake that are $kind', (fault) => {
  it('to the database, the queue in it', async () => {
    const database = await createTestDatabase()
    const proxy = await openFaultyProxy(database.url, 5432)
    const disturbed = await disturb(proxy, fault, { database, intakeEnv: { DATABASE_URL: proxy.url } })
    const { answers, system } = disturbed
    const [upload, view, list, status, report] = answers
    for (const answer of [upload, list, report]) {
      if (answer === undefined) throw new Error('an answer is missing')
      if (fault.kind === 'silent' || fault.kind === 'reset') expectRefused(answer, 'DATABASE_UNAVAILABLE')
      else expectAnswered(answer, 'DATABASE_UNAVAILABLE')
    }
    // A poll may be answered by what was read a moment before.
    for (const answer of [view, status]) if (answer !== undefined) expectAnswered(answer, 'DATABASE_UNAVAILABLE')
    // Of an upload that was refused there is no import, or all of it.
    const imports = await queryOnce(system.ownerUrl, 'SELECT id FROM import')
    if (fault.kind === 'silent' || fault.kind === 'reset') expect(imports).toHaveLength(1)
    proxy.healOpen()
    await expectRecovery(disturbed)
  })

  it.skipIf(!hasRedisServer())('to the queue on Redis', async () => {
    const redis = await startRedisServer()
    const proxy = await openFaultyProxy(redis.url, 6379)
    const disturbed = await disturb(proxy, fault, { redisUrl: redis.url, intakeEnv: { REDIS_URL: proxy.url } })
    // The queue is needed for none of it: what it does not take, the reconciler of a worker brings.
    expect(disturbed.answers.map(({ status }) => status)).toEqual([202, 200, 200, 200, 200])
    const { id } = JSON.parse(disturbed.answers[0]?.body ?? '') as { id: number }
    expect(await disturbed.system.client.waitUntilFinished(id, LIMIT_MS)).toMatchObject(COMPLETED)
    proxy.healOpen()
    await expectRecovery(disturbed)
    await redis.stop()
  })

  it('to the storage in S3', async () => {
    const storage = await startS3Storage()
    const disturbed = await disturb(storage.network, fault, { env: storage.env, intakeEnv: storage.disturbedEnv })
    const [upload, view, list, status, report] = disturbed.answers
    expect([view?.status, list?.status, status?.status]).toEqual([200, 200, 200])
    for (const answer of [upload, report]) {
      if (answer === undefined) throw new Error('an answer is missing')
      if (fault.kind === 'silent' || fault.kind === 'reset') expectRefused(answer, 'STORAGE_UNAVAILABLE')
      else expectAnswered(answer, 'STORAGE_UNAVAILABLE')
    }
    if (upload?.status === 503) {
      expect(await queryOnce(disturbed.system.ownerUrl, 'SELECT id FROM import')).toHaveLength(1)
    }
    storage.network.healOpen()
    await expectRecovery(disturbed)
    await storage.stop()
  })
})
