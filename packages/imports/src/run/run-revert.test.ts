/** Reverts of more rows than one stretch has, stopped, gone on with, run by two at once and again. */
import { findImportById, requestRevert } from '@importer/db'
import { createLog } from '@importer/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { TEST_ACTOR, TEST_ORG } from '../../../../tests/support/running-system.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { MAPPING } from '../../test/claim-file.ts'
import { runRevert, type RevertResult, type RunRevertOptions } from './run-revert.ts'

const STRETCH_ROWS = 10_000
const ROWS = 2 * STRETCH_ROWS + 1
const SERIES = 3
const log = createLog({ name: 'revert', level: 'silent' })

let ownerUrl: string
let importer: DirectImporter

beforeAll(async () => {
  const database = await createTestDatabase()
  ownerUrl = database.ownerUrl
  importer = await DirectImporter.open({ database, batchRows: 5_000 })
  await importer.load({
    series: `id,maxRedemptionsPerCoupon\n${SERIES},\n`,
    tills: 'id\n1\n2\n',
    customers: 'id\n1\n',
    coupons: `id,seriesId,code\n1,${SERIES},C1\n`,
  })
})
afterAll(async () => importer.close())

/** Of the first row it is known that it is rejected, so the first redemption is not that of row 1. */
async function importRows(till: number, count: number): Promise<number> {
  const rows = Array.from({ length: count }, (_none, n) => `${Date.UTC(2024, 5, 1) + n},${till},1,C1\n`)
  const file = Buffer.from(`${Date.UTC(2024, 5, 1)},${till},1,none\n${rows.join('')}`)
  return (await importer.import({ seriesId: SERIES, mapping: MAPPING, file })).importId
}

async function countRows(importId: number): Promise<number> {
  const [found] = await queryOnce<{ rows: number }>(
    ownerUrl,
    `SELECT count(*)::int AS rows FROM redemption WHERE import_id = ${importId}`,
  )
  return found?.rows ?? 0
}

async function request(importId: number): Promise<void> {
  expect(await requestRevert(importer.database, { orgId: TEST_ORG, importId, actor: TEST_ACTOR })).toBe(true)
}

async function revert(
  importId: number,
  options: Partial<Pick<RunRevertOptions, 'shouldYield' | 'signal'>> = {},
): Promise<RevertResult> {
  const { signal = new AbortController().signal, shouldYield = () => false } = options
  return runRevert({ database: importer.database, log, importId, signal, shouldYield })
}

const statusOf = async (importId: number) => (await findImportById(importer.database, importId))?.status

test('it yields between stretches, is stopped, goes on, and is over once; all others keep theirs', async () => {
  const other = await importRows(2, 10)
  const importId = await importRows(1, ROWS)
  expect(await revert(importId)).toBe('nothing-to-do')
  expect(await countRows(importId)).toBe(ROWS)

  await request(importId)
  expect(await revert(importId, { shouldYield: () => true })).toBe('yielded')
  expect(await countRows(importId)).toBe(ROWS - STRETCH_ROWS)
  expect(await statusOf(importId)).toBe('completed')

  const reason = new Error('the process ends')
  await expect(revert(importId, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(await countRows(importId)).toBe(ROWS - STRETCH_ROWS)

  // The last stretch does not yield: there is nothing left for another call.
  expect(await revert(importId, { shouldYield: () => true })).toBe('yielded')
  expect(await countRows(importId)).toBe(1)
  expect(await revert(importId, { shouldYield: () => true })).toBe('reverted')
  expect([await countRows(importId), await statusOf(importId), await countRows(other)]).toEqual([0, 'reverted', 10])
  expect(await revert(importId)).toBe('nothing-to-do')
})

test('two at once delete all, and one of them ends it', async () => {
  const importId = await importRows(1, 500)
  await request(importId)
  const results = await Promise.all([revert(importId), revert(importId)])
  expect(results.toSorted()).toEqual(['nothing-to-do', 'reverted'])
  expect([await countRows(importId), await statusOf(importId)]).toEqual([0, 'reverted'])
})

test('one that inserted nothing is over at once, and of one that is not there is nothing to do', async () => {
  const importId = await importRows(9, 3)
  await request(importId)
  expect(await revert(importId, { shouldYield: () => true })).toBe('reverted')
  expect(await revert(2 ** 31 - 1)).toBe('nothing-to-do')
})
