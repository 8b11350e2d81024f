/** How many requests to S3 a round of the janitor costs: each is paid for, in every installation, every two minutes. */
import { createFileStore, formatHour, type FileStore } from '@importer/file-store'
import { createLog } from '@importer/runtime'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { startS3Storage, type S3Storage } from '../../../../tests/support/s3-storage.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { cleanFiles } from './clean-files.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ORG = 1
const TIMEOUT_MS = 60_000
/** An object is as old as the server says, which takes no other time: so the janitor's clock is two days ahead; half past an hour. */
const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 2 * DAY_MS + HOUR_MS / 2
const log = createLog({ name: 'test', level: 'silent' })

const { url } = await createTestDatabase()
const database = openTestDatabase(url)
let storage: S3Storage
let store: FileStore
let made = 0

beforeAll(async () => {
  await database.prisma.organization.create({ data: { id: ORG } })
  storage = await startS3Storage()
  for (const [name, value] of Object.entries(storage.env)) vi.stubEnv(name, value)
  const { STORAGE_URL: storageUrl, S3_ENDPOINT: s3Endpoint } = storage.disturbedEnv
  const opened = await createFileStore({ storageUrl, dataDir: '/nowhere', s3Endpoint })
  store = { ...opened, readClock: async () => NOW }
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await store.close()
  await storage.stop()
})

/** Leaves a file of an upload that began so long ago, with a waiting import or without one. */
async function leave(ageMs: number, isWaiting: boolean): Promise<void> {
  made += 1
  const fileKey = `uploads/${formatHour(NOW - ageMs)}/00000000-0000-4000-8000-${String(made).padStart(12, '0')}`
  // The server takes requests that are not signed, too.
  const address = `${storage.env['S3_ENDPOINT']}/${storage.env['STORAGE_URL']?.slice('s3://'.length)}/${fileKey}`
  const response = await fetch(address, { method: 'PUT', body: 'a' })
  if (!response.ok) throw new Error(`${fileKey} could not be stored: ${response.status}`)
  if (!isWaiting) return
  await database.prisma.import.create({
    data: { orgId: ORG, seriesId: 1n, fileKey, fileName: 'a', bytes: 1n, sha256: 'x', mapping: {} },
  })
}

/** What a round that begins where one ended so long ago removes, and by how many requests. */
async function countRequests(reachedAgoMs: number): Promise<{ removed: number; requests: number }> {
  const before = storage.requests.count
  const result = await cleanFiles({ database, store, log, now: NOW }, NOW - reachedAgoMs)
  return {
    removed: result.orphanedFiles + result.unfinishedFiles,
    requests: storage.requests.count - before,
  }
}

/** Where rounds stand that have caught up. An hour's files may be orphans a day after it. */
const CAUGHT_UP_MS = DAY_MS + HOUR_MS
/** The two hours that are still open, with their day or their two days: what is finished there, and what is not. */
const MOST_REQUESTS = 2 * 4

it(
  'as many amid old files and waiting imports as in an empty bucket, and one more for each file that it removes',
  { timeout: TIMEOUT_MS },
  async () => {
    const empty = await countRequests(CAUGHT_UP_MS)
    expect(empty.removed).toBe(0)
    expect(empty.requests).toBeGreaterThan(0)
    expect(empty.requests).toBeLessThanOrEqual(MOST_REQUESTS)

    for (let age = 0; age < 40; age += 1) await leave(CAUGHT_UP_MS + age * DAY_MS, true)
    for (let n = 0; n < 40; n += 1) await leave(CAUGHT_UP_MS, true)
    expect(await countRequests(CAUGHT_UP_MS)).toEqual(empty)

    for (let n = 0; n < 5; n += 1) await leave(CAUGHT_UP_MS, false)
    expect(await countRequests(CAUGHT_UP_MS)).toEqual({ removed: 5, requests: empty.requests + 5 })
    expect(await countRequests(CAUGHT_UP_MS)).toEqual(empty)
  },
)

it('a bounded number after a standstill, however long it was', { timeout: TIMEOUT_MS }, async () => {
  const afterMonth = await countRequests(30 * DAY_MS)
  expect(afterMonth.requests).toBeLessThanOrEqual(2 * (200 + 10))
  expect(await countRequests(400 * DAY_MS)).toEqual(afterMonth)
})
