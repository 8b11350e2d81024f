/** A worker is killed again and again while it makes the text of a workbook: the import ends as if nothing had happened. */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'

import { cleanFiles } from '@importer/imports'
import { createFileStore, formatHour, type FileStore } from '@importer/file-store'
import { createLog } from '@importer/runtime'
import { afterEach, expect, it, vi } from 'vitest'

import { makeWorkbook, type MadeCell } from '../support/make-workbook.ts'
import { openOrganization } from '../support/open-organization.ts'
import { openTestDatabase } from '../support/open-test-database.ts'
import { queryOnce } from '../support/query-once.ts'
import { startSystem } from '../support/running-system.ts'
import { STORAGES } from '../support/storages.ts'
import { waitUntil } from '../support/wait-until.ts'

const ORG = 9_700
const SERIES = 501
const ROWS = 60_000
const KILLS = 3
const AT = Date.UTC(2024, 10, 25)
const HOUR_MS = 3_600_000

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Whatever is there, beside what is there for ever. */
async function listFolder(dataDir: string): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'uploads'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && entry.name !== 'installation-id').map(({ name }) => name)
}

/** The same of a bucket, where uploads that are not finished are listed by themselves. */
async function listBucket(store: FileStore, since: number): Promise<string[]> {
  const names: string[] = []
  for (let hour = since; hour < Date.now() + HOUR_MS; hour += HOUR_MS) {
    for await (const { name } of store.listPeriod(formatHour(hour))) names.push(name)
  }
  return names
}

const isUnfinished = (name: string): boolean => name.endsWith('.part') || name.includes('?uploadId=')

it.each(STORAGES)('is taken up by the next worker, and leaves nothing behind in $name', async ({ name, open }) => {
  const begunAt = Date.now()
  const env = await open()
  const system = await startSystem({ partitions: 2, batchRows: 2_000, concurrency: 2, env })
  for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value)
  const { STORAGE_URL: storageUrl, S3_ENDPOINT: s3Endpoint } = env
  const store = await createFileStore({ storageUrl, dataDir: system.dataDir, s3Endpoint })
  const listFiles = async (): Promise<string[]> =>
    name === 'S3' ? listBucket(store, begunAt) : listFolder(system.dataDir)
  const database = openTestDatabase(system.databaseUrl)
  const shop = await openOrganization(database, `http://127.0.0.1:${system.port}`, ORG)
  await shop.put('series', `id,maxRedemptionsPerCoupon\n${SERIES},1\n`)
  await shop.put('customers', 'id,mobile\n1,919800000001\n')
  await shop.put('tills', 'id\n1\n')
  await shop.put(
    'coupons',
    `id,seriesId,code\n${Array.from({ length: ROWS }, (_, n) => `${n + 1},${SERIES},C-${n}\n`).join('')}`,
  )
  const rows = Array.from({ length: ROWS }, (_, n): MadeCell[] => [
    AT + n,
    1,
    919_800_000_001,
    n % 10 === 3 ? `X-${n}` : `C-${n}`,
    // In S3 nothing is to be seen of a text before its first 5 MiB.
    createHash('sha512').update(String(n)).digest('hex'),
  ])
  const content = new Uint8Array(await makeWorkbook({ sheets: [{ name: 'A', rows }] }))

  const fields = {
    customerIdentifier: 'MOBILE',
    couponIdentifier: 'COUPON_CODE',
    uploadHeaders: '{"redeemedDateInMillis": 0, "redeemedAt": 1, "mobile": 2, "couponCode": 3}',
  }
  const answer = await shop.upload(SERIES, fields, { name: 'a.xlsx', content })
  expect(answer.status).toBe(202)
  const { id } = (await answer.json()) as { id: number }
  const known = new Set<string>()
  for (let kill = 0; kill < KILLS; kill += 1) {
    await waitUntil('a worker makes the text', async () => {
      const found = (await listFiles()).filter((file) => isUnfinished(file) && !known.has(file))
      found.forEach((file) => known.add(file))
      return found.length > 0
    })
    await system.worker.kill('SIGKILL')
    const [row] = await queryOnce<{ to_prepare: boolean }>(
      system.ownerUrl,
      'SELECT to_prepare FROM import WHERE id = $1',
      [id],
    )
    expect(row).toEqual({ to_prepare: true })
    await system.startWorker()
  }
  const view = await shop.waitForEnd(id)
  expect(view).toMatchObject({
    status: 'completed',
    counts: { rows: ROWS, inserted: (ROWS * 9) / 10, duplicates: 0, rejected: ROWS / 10 },
  })

  // Upload and text, and what the killed workers left: nothing stays of an import that is deleted.
  expect((await shop.send(`/v1/imports/${id}`, { method: 'DELETE' })).ok).toBe(true)
  // A worker that starts looks at once at what is to be removed.
  await system.startWorker()
  await waitUntil('nothing was left but unfinished files', async () => (await listFiles()).every(isUnfinished))
  // The janitor takes those for dead after a while.
  const log = createLog({ name: 'test', level: 'silent' })
  const now = Date.now() + store.deadAfterMs.unfinished + HOUR_MS
  await cleanFiles({ database, store: { ...store, readClock: async () => now }, log, now }, 0)
  expect(await listFiles()).toEqual([])
  await store.close()
  await system.stop()
})
