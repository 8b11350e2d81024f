/** One attempt at an import: how it ends, how it is spread, and what its caller and its observer learn. */
import type { ColumnMapping } from '@importer/contracts'
import { cancelImport, findImportById, type CommittedBatch } from '@importer/db'
import { createLog } from '@importer/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { TEST_ACTOR, TEST_ORG } from '../../../../tests/support/running-system.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { claimFile, MAPPING } from '../../test/claim-file.ts'
import { runImport, type RunImportOptions, type RunResult } from './run-import.ts'

const [SINGLE_USE, LIMITED, UNLIMITED] = [1, 2, 3] as const
const log = createLog({ name: 'run', level: 'silent' })

let ownerUrl: string
let importer: DirectImporter

beforeAll(async () => {
  const database = await createTestDatabase()
  ownerUrl = database.ownerUrl
  importer = await DirectImporter.open({ database })
  await importer.load({
    series: `id,maxRedemptionsPerCoupon\n${SINGLE_USE},1\n${LIMITED},2\n${UNLIMITED},\n`,
    tills: 'id\n1\n',
    customers: 'id\n1\n',
    coupons: `id,seriesId,code\n1,${SINGLE_USE},C1\n2,${LIMITED},C2\n3,${UNLIMITED},C3\n`,
  })
})
afterAll(async () => importer.close())

interface Observed {
  readonly result: RunResult
  readonly ends: string[]
  readonly takeOvers: number
  readonly batches: readonly CommittedBatch[]
}

async function run(importId: number, options: Partial<RunImportOptions> = {}): Promise<Observed> {
  const ends: string[] = []
  const batches: CommittedBatch[] = []
  let takeOvers = 0
  const result = await runImport({
    database: importer.database,
    store: importer.store,
    log,
    importId,
    jobId: `job-${importId}`,
    partitionCount: 3,
    batchRows: 20,
    signal: new AbortController().signal,
    shouldYield: () => false,
    observer: {
      takenOver: () => void (takeOvers += 1),
      batchCommitted: (batch) => void batches.push(batch),
      ended: (status) => void ends.push(status),
    },
    ...options,
  })
  return { result, ends, takeOvers, batches }
}

const rowsOf = (count: number, coupon = 'none', padding = ''): Buffer =>
  Buffer.from(
    Array.from({ length: count }, (_none, n) => `${Date.UTC(2024, 5, 1) + n},1,1,${coupon},${padding}\n`).join(''),
  )

async function create(file: Buffer, seriesId: number = SINGLE_USE, mapping: ColumnMapping = MAPPING): Promise<number> {
  return (await importer.create({ seriesId, mapping, file })).importId
}

async function recordOf(importId: number) {
  const record = await findImportById(importer.database, importId)
  if (record === null) throw new Error(`import ${importId} is gone`)
  return record
}

describe('an import that cannot be made fails with a code, and is over:', () => {
  test.each<[string, () => Promise<number>, string]>([
    ['an empty file', async () => create(Buffer.from('\n\n')), 'EMPTY_FILE'],
    ['no table', async () => create(Buffer.from('<!doctype html><p>Login</p>')), 'NOT_CSV'],
    [
      'a file that is gone',
      async () => {
        const importId = await create(rowsOf(1))
        await importer.store.remove((await recordOf(importId)).fileKey)
        return importId
      },
      'FILE_MISSING',
    ],
    [
      'more errors than may be',
      async () => {
        const importId = await create(rowsOf(3))
        await queryOnce(ownerUrl, `UPDATE import SET max_errors = 2 WHERE id = ${importId}`)
        return importId
      },
      'ERROR_BUDGET_EXCEEDED',
    ],
  ])('%s', async (_name, make, code) => {
    const importId = await make()
    expect(await run(importId)).toMatchObject({ result: { status: 'finished' }, ends: ['failed'] })
    expect(await recordOf(importId)).toMatchObject({ status: 'failed', failure: { code } })
    // The second run of a job changes nothing and notifies nobody.
    expect(await run(importId)).toMatchObject({ result: { status: 'finished' }, ends: [] })
  })
})

test('of an import that is not there, is cancelled or completed, nothing is done', async () => {
  expect(await run(2 ** 31 - 1)).toMatchObject({ result: { status: 'finished' }, ends: [] })
  const completed = await create(rowsOf(2))
  expect((await run(completed)).ends).toEqual(['completed'])
  expect(await run(completed)).toMatchObject({ result: { status: 'finished' }, ends: [], batches: [] })
  const cancelled = await create(rowsOf(2))
  expect(await cancelImport(importer.database, { orgId: TEST_ORG, importId: cancelled, actor: TEST_ACTOR })).toBe(true)
  expect(await run(cancelled)).toMatchObject({ result: { status: 'finished' }, ends: ['cancelled'], batches: [] })
  expect((await recordOf(cancelled)).counts.rows).toBe(0)
})

const BOTH_NAMES: ColumnMapping = { ...MAPPING, positions: { ...MAPPING.positions, couponId: 5 } }
test.each<[string, number, ColumnMapping, number, string]>([
  ['used once', SINGLE_USE, MAPPING, 3, 'coupon'],
  ['used twice', LIMITED, MAPPING, 3, 'coupon'],
  ['used without a limit', UNLIMITED, MAPPING, 3, 'redemption'],
  ['used once and named in two ways', SINGLE_USE, BOTH_NAMES, 1, 'coupon'],
  ['used twice and named in two ways', LIMITED, BOTH_NAMES, 1, 'coupon'],
  ['used without a limit and named in two ways', UNLIMITED, BOTH_NAMES, 3, 'redemption'],
])('rows of coupons that are %s have partitions of their own', async (_name, seriesId, mapping, count, by) => {
  const importId = await create(rowsOf(9, 'C3'), seriesId, mapping)
  await run(importId)
  expect(await recordOf(importId)).toMatchObject({ status: 'completed', partitionCount: count, partitionBy: by })
})

test('it yields after each block under a job of its own, and what it had read is not read again', async () => {
  const rows = 300
  const importId = await create(rowsOf(rows, 'none', 'x'.repeat(2_000)))
  const jobs: string[] = []
  const batches: CommittedBatch[] = []
  let jobId = 'first'
  for (;;) {
    const slice = await run(importId, { jobId, shouldYield: () => true })
    batches.push(...slice.batches)
    expect(slice.takeOvers).toBe(0)
    if (slice.result.status === 'finished') {
      expect(slice.ends).toEqual(['completed'])
      break
    }
    expect([slice.ends, (await recordOf(importId)).status]).toEqual([[], 'processing'])
    jobId = slice.result.jobId
    jobs.push(jobId)
  }
  expect(jobs.length).toBeGreaterThan(2)
  expect(new Set(jobs).size).toBe(jobs.length)
  expect(batches.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(rows)
  expect(await recordOf(importId)).toMatchObject({ attempts: 1, counts: { rows, rejected: rows } })
})

test('a process that is to end stops at a checkpoint, as one that yields', async () => {
  const importId = await create(rowsOf(300, 'none', 'x'.repeat(2_000)))
  const { result, ends } = await run(importId, { signal: AbortSignal.abort() })
  expect([result.status, ends]).toEqual(['yielded', []])
  const { counts, bytesRead, bytes } = await recordOf(importId)
  expect(counts.rows).toBeGreaterThan(0)
  expect(bytesRead).toBeLessThan(bytes)
  expect((await run(importId)).ends).toEqual(['completed'])
  expect((await recordOf(importId)).counts).toMatchObject({ rows: 300, rejected: 300 })
})

test('an import whose worker is gone is taken over', async () => {
  const importId = await create(rowsOf(30))
  await claimFile(importer, importId, { partitionCount: 2, batchRows: 20 })
  expect(await run(importId)).toMatchObject({ ends: ['completed'], takeOvers: 1 })
  // The number of partitions is that of the first claim.
  expect(await recordOf(importId)).toMatchObject({ attempts: 2, partitionCount: 2, counts: { rows: 30 } })
})
