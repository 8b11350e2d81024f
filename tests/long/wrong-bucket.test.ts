/** A worker that has another bucket than the one of the database takes no import, writes nothing there, and fails nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startSystem, startWorkerApp, type RunningSystem } from '../support/running-system.ts'
import { startS3Storage, type S3Storage } from '../support/s3-storage.ts'
import { openShop, SHOP_FIELDS, shopRows } from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

const ROWS = 10

let storage: S3Storage
let system: RunningSystem
let nextCoupon = 1

beforeAll(async () => {
  storage = await startS3Storage()
  system = await startSystem({ env: storage.env })
  await openShop(system.client, 1_000)
  // From here on the database has its storage.
  expect(await system.client.waitUntilFinished(await upload())).toMatchObject({ status: 'completed' })
})
afterAll(async () => {
  await system.stop()
  await storage.stop()
})

async function upload(): Promise<number> {
  const first = nextCoupon
  nextCoupon += ROWS
  return (await system.client.upload({ ...SHOP_FIELDS, file: shopRows(first, first + ROWS - 1) })).jobId
}

/** The server takes requests that are not signed, too. */
async function requestS3(method: 'GET' | 'PUT', path: string, body?: string): Promise<string> {
  const options = body === undefined ? { method } : { method, body }
  const response = await fetch(`${storage.env['S3_ENDPOINT']}/${path}`, options)
  const answer = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`)
  return answer
}

async function listKeys(bucket: string): Promise<string[]> {
  return [...(await requestS3('GET', `${bucket}?list-type=2`)).matchAll(/<Key>(.*?)<\/Key>/g)].map(
    ([, key = '']) => key,
  )
}

const IDENTITY = 'files/uploads/installation-id'

describe.each([
  {
    title: 'that is empty',
    bucket: 'empty-bucket',
    holds: [],
    says: /waiting for the storage: the storage s3:\/\/empty-bucket\/files\/uploads is not the one of this database.*Set DATA_DIR or STORAGE_URL/,
  },
  {
    title: 'of another installation',
    bucket: 'their-bucket',
    holds: [IDENTITY],
    says: /waiting for the storage: the storage s3:\/\/their-bucket\/files\/uploads has the identity theirs.*Set DATA_DIR or STORAGE_URL/,
  },
  {
    title: 'that does not exist',
    bucket: 'absent-bucket',
    holds: null,
    says: /waiting for the storage: there is no bucket for s3:\/\/absent-bucket\/files\/uploads\. Set STORAGE_URL/,
  },
])('beside a worker with a bucket $title', ({ bucket, holds, says }) => {
  it('imports wait for a worker with the right one, which completes them', async () => {
    if (holds !== null) await requestS3('PUT', bucket)
    for (const key of holds ?? []) await requestS3('PUT', `${bucket}/${key}`, 'theirs')
    await system.worker.kill('SIGKILL')
    const options = { env: { ...storage.env, STORAGE_URL: `s3://${bucket}/files` } }
    const wrong = await startWorkerApp({ databaseUrl: system.databaseUrl, dataDir: system.dataDir, options })
    await waitUntil('it says what to do', () => says.test(wrong.readOutput()))
    const ids = [await upload(), await upload(), await upload()]
    await system.startWorker()
    for (const id of ids) {
      expect(await system.client.waitUntilFinished(id)).toMatchObject({
        status: 'completed',
        attempts: 1,
        counts: { rows: ROWS, inserted: ROWS },
      })
    }
    expect(wrong.readOutput()).not.toContain('taking jobs')
    expect(wrong.readOutput().match(/waiting for the storage/g)).toHaveLength(1)
    if (holds !== null) expect(await listKeys(bucket)).toEqual(holds)
    await wrong.kill('SIGKILL')
  })
})
