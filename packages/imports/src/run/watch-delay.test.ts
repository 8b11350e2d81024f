/** The delay of an import that does not go on, as the API shows it. */
import { UnavailableError } from '@importer/contracts'
import { findImportById } from '@importer/db'
import { createLog } from '@importer/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { waitUntil } from '../../../../tests/support/wait-until.ts'
import { claimFile, MAPPING } from '../../test/claim-file.ts'
import { recordStorageUnavailable, recordUnavailable, watchDelay } from './watch-delay.ts'

const log = createLog({ name: 'delay', level: 'silent' })
let databaseUrls: Awaited<ReturnType<typeof createTestDatabase>>
let importer: DirectImporter

beforeAll(async () => {
  databaseUrls = await createTestDatabase()
  importer = await DirectImporter.open({ database: databaseUrls })
  await importer.load({ series: 'id,maxRedemptionsPerCoupon\n3,1\n' })
})
afterAll(async () => importer.close())

async function create(): Promise<number> {
  return (await importer.create({ seriesId: 3, mapping: MAPPING, file: Buffer.from('x') })).importId
}

async function claim(importId: number) {
  const { context, held } = await claimFile(importer, importId, { partitionCount: 1, batchRows: 1 })
  return { database: context.database, held, log }
}

const delayOf = async (importId: number) => (await findImportById(importer.database, importId))?.delay ?? null

test.each<[string, unknown, string | null]>([
  ['the storage', new UnavailableError('STORAGE_UNAVAILABLE', 'the bucket is throttled'), 'STORAGE_UNAVAILABLE'],
  ['the database', new UnavailableError('DATABASE_UNAVAILABLE', 'it restarts'), 'DATABASE_BUSY'],
  ['the queue, which an import does not wait for', new UnavailableError('QUEUE_UNAVAILABLE', 'gone'), null],
  ['a fault of ours', new Error('unexpected'), null],
  ['no error', 'text', null],
])('after an error of %s', async (_name, error, code) => {
  const importId = await create()
  await recordUnavailable(await claim(importId), error)
  const delay = await delayOf(importId)
  expect(delay?.code ?? null).toBe(code)
  if (error instanceof UnavailableError && delay !== null) expect(delay.message).toContain(error.message)
})

test('whoever has lost the import records nothing in it', async () => {
  const importId = await create()
  const lost = await claim(importId)
  await claim(importId)
  await recordUnavailable(lost, new UnavailableError('STORAGE_UNAVAILABLE', 'gone'))
  expect(await delayOf(importId)).toBeNull()
})

test('a database that is away itself is no reason to throw', async () => {
  const importId = await create()
  const other = await DirectImporter.open({ database: databaseUrls })
  const { context, held } = await claimFile(other, importId, { partitionCount: 1, batchRows: 1 })
  await other.close()
  const options = { database: context.database, held, log }
  const error = new UnavailableError('STORAGE_UNAVAILABLE', 'gone')
  await expect(recordUnavailable(options, error)).resolves.toBeUndefined()
  await expect(recordStorageUnavailable({ database: other.database, log }, error)).resolves.toBeUndefined()
})

test('in imports that nobody takes the storage is recorded, and no other peer', async () => {
  // Alone in its database: while any import goes on, the storage is well.
  const alone = await createTestDatabase()
  const other = await DirectImporter.open({ database: alone })
  try {
    await other.load({ series: 'id,maxRedemptionsPerCoupon\n3,1\n' })
    const { importId } = await other.create({ seriesId: 3, mapping: MAPPING, file: Buffer.from('x') })
    await queryOnce(alone.ownerUrl, "UPDATE import SET updated_at = clock_timestamp() - interval '1 minute'")
    const record = async (error: unknown) => {
      await recordStorageUnavailable({ database: other.database, log }, error)
      return (await findImportById(other.database, importId))?.delay
    }
    expect(await record(new UnavailableError('DATABASE_UNAVAILABLE', 'x'))).toMatchObject({ code: 'NO_WORKER' })
    expect(await record(new Error('x'))).toMatchObject({ code: 'NO_WORKER' })
    const message = 'another folder is mounted there'
    expect(await record(new UnavailableError('STORAGE_UNAVAILABLE', message))).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining(message),
    })
  } finally {
    await other.close()
  }
})

test('a wait without an end is recorded by what is waited for last, one that was stopped is not, and neither is a stop of the worker', async () => {
  const [long, stopped] = [await create(), await create()]
  const [watch, other] = [watchDelay(await claim(long)), watchDelay(await claim(stopped))]
  watch.waitFor('DATABASE_BUSY')
  watch.waitFor('STORAGE_UNAVAILABLE')
  other.waitFor('DATABASE_BUSY')
  other.stop()
  try {
    const delay = await waitUntil('the delay is recorded', async () => delayOf(long))
    expect(delay.code).toBe('STORAGE_UNAVAILABLE')
    expect(await delayOf(stopped)).toBeNull()
    // Whoever takes it up now takes it over from a worker that waits and has not given it up.
    await claim(long)
    expect(await findImportById(importer.database, long)).toMatchObject({ attempts: 2 })
  } finally {
    watch.stop()
  }
})
