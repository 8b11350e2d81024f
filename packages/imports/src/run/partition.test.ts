/** One partition against a real database: what is committed when, and when it stops. */
import { encodeRowError } from '@importer/contracts'
import type { CommittedBatch } from '@importer/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { readRecordedOutcome } from '../../../../tests/support/recorded-outcome.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { claimFile, MAPPING, type ClaimedFile } from '../../test/claim-file.ts'
import type { Position } from './gathering-batch.ts'
import { chooseStrategy, Partition } from './partition.ts'

const SERIES = 3
const NO_DATE = [encodeRowError({ reason: 'value_missing', field: 'redeemedDateInMillis' })]
/** Every row is said to be a line of ten bytes. */
const at = (row: number): Position => ({ row, byte: (row - 1) * 10, line: row })

let ownerUrl: string
let importer: DirectImporter

beforeAll(async () => {
  const database = await createTestDatabase()
  ownerUrl = database.ownerUrl
  importer = await DirectImporter.open({ database })
  await importer.load({
    series: `id,maxRedemptionsPerCoupon\n${SERIES},1\n`,
    tills: 'id\n1\n',
    customers: 'id\n1\n',
    coupons: `id,seriesId,code\n${[1, 2, 3, 4].map((n) => `${n},${SERIES},C${n}\n`).join('')}`,
  })
})
afterAll(async () => importer.close())

interface Opened extends ClaimedFile {
  readonly partition: Partition
  readonly importId: number
  readonly committed: CommittedBatch[]
}

async function openPartition(batchRows = 5_000): Promise<Opened> {
  const { importId } = await importer.create({ seriesId: SERIES, mapping: MAPPING, file: Buffer.from('x') })
  return { ...(await reopen(importId, batchRows)), importId }
}

async function reopen(importId: number, batchRows = 5_000): Promise<Omit<Opened, 'importId'>> {
  const claimed = await claimFile(importer, importId, { partitionCount: 1, batchRows })
  const [checkpoint] = claimed.checkpoints
  if (checkpoint === undefined) throw new Error('there is no partition')
  const committed: CommittedBatch[] = []
  const observer = {
    takenOver: () => undefined,
    ended: () => undefined,
    batchCommitted: (batch: CommittedBatch) => void committed.push(batch),
  }
  return { ...claimed, committed, partition: new Partition({ ...claimed.context, observer }, checkpoint) }
}

/** Adds rejected rows, which nothing has to be known for. */
function addRejected(partition: Partition, first: number, count: number): void {
  for (let row = first; row < first + count; row += 1) partition.batch.addRejected(at(row), NO_DATE, 4)
}

function addCoupon({ partition, context: { mapper } }: Opened, row: number, coupon: string): void {
  expect(mapper.map([String(Date.UTC(2024, 5, 1) + row), '1', '1', coupon])).toBeNull()
  partition.batch.addRow(at(row), mapper.row, 4)
}

const rejectedRows = async (importId: number): Promise<number[]> =>
  (await readRecordedOutcome(ownerUrl, importId)).rejected.map(({ row }) => row)

test('each batch is twice as large as the one before it, up to the most', async () => {
  const { partition } = await openPartition(3_000)
  const sizes: number[] = []
  for (let row = 1; sizes.length < 4; row += 1) {
    addRejected(partition, row, 1)
    if (!partition.isFull) continue
    sizes.push(partition.batch.size)
    await partition.send(at(row + 1))
  }
  await partition.settle()
  expect(sizes).toEqual([1_000, 2_000, 3_000, 3_000])
  expect(partition.committed).toEqual({ rows: 9_000, rejected: 9_000 })
})

test('a checkpoint stands behind what is committed, and nothing of what was only gathered is there', async () => {
  const { partition, importId, committed } = await openPartition()
  addRejected(partition, 1, 3)
  await partition.send(at(4))
  addRejected(partition, 4, 2)
  await partition.settle()
  expect(partition.checkpoint).toEqual({ partition: 0, nextRow: 4, nextByte: 30, nextLine: 4 })
  expect(await rejectedRows(importId)).toEqual([1, 2, 3])
  await partition.send(at(9))
  await partition.settle()
  expect(partition.checkpoint).toEqual({ partition: 0, nextRow: 9, nextByte: 80, nextLine: 9 })
  expect(await rejectedRows(importId)).toEqual([1, 2, 3, 4, 5])
  expect(committed.map(({ rejected }) => rejected)).toEqual([3, 2])
  expect((await reopen(importId)).checkpoints).toEqual([partition.checkpoint])
})

test('the first of a coupon wins, also over another import that is in the way', async () => {
  const [one, other] = [await openPartition(), await openPartition()]
  for (const [row, coupon] of ['C1', 'C2', 'C1'].entries()) addCoupon(one, row + 1, coupon)
  for (const [row, coupon] of ['C2', 'C1', 'C3'].entries()) addCoupon(other, row + 1, coupon)
  await Promise.all([one.partition.send(at(4)), other.partition.send(at(4))])
  await Promise.all([one.partition.settle(), other.partition.settle()])
  const outcomes = await Promise.all([one, other].map(async ({ importId }) => readRecordedOutcome(ownerUrl, importId)))
  const coupons = outcomes.flatMap(({ redemptions }) => redemptions.map(({ coupon }) => coupon))
  expect(coupons.toSorted()).toEqual(['1', '2', '3'])
  for (const { redemptions, rejected } of outcomes) expect(redemptions.length + rejected.length).toBe(3)
})

test('after another claim it writes nothing more, and takes no more', async () => {
  const { partition, importId, committed } = await openPartition()
  addRejected(partition, 1, 2)
  await partition.send(at(3))
  await partition.settle()
  const taken = await reopen(importId)
  addRejected(partition, 3, 2)
  await partition.send(at(5))
  await partition.settle()
  expect([partition.isLost, partition.checkpoint.nextRow, committed.length]).toEqual([true, 3, 1])
  addRejected(partition, 5, 1)
  await partition.send(at(6))
  await partition.settle()
  expect(await rejectedRows(importId)).toEqual([1, 2])
  expect(taken.checkpoints).toMatchObject([{ nextRow: 3 }])
})

describe('a batch that the database refuses', () => {
  test('is thrown by whatever comes next, leaves the checkpoint, and nothing is sent behind it', async () => {
    const { partition, importId } = await openPartition()
    await queryOnce(
      ownerUrl,
      `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused' USING ERRCODE = 'XX000'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON rejected_row FOR EACH ROW
       WHEN (NEW.import_id = ${importId} AND NEW.row_number = 2) EXECUTE FUNCTION refuse()`,
    )
    addRejected(partition, 1, 3)
    await partition.send(at(4))
    addRejected(partition, 4, 1)
    await expect(partition.send(at(5))).rejects.toThrow('refused')
    await expect(partition.settle()).rejects.toThrow('refused')
    expect([partition.checkpoint.nextRow, partition.committed.rows, partition.isLost]).toEqual([1, 0, false])
    expect(await rejectedRows(importId)).toEqual([])
  })
})

test('a series that has got another limit meanwhile is evaluated by the new one', async () => {
  const opened = await openPartition()
  await importer.load({ series: `id,maxRedemptionsPerCoupon\n${SERIES},2\n` })
  for (const row of [1, 2, 3]) addCoupon(opened, row, 'C4')
  await opened.partition.send(at(4))
  await opened.partition.settle()
  const { redemptions, rejected, duplicates } = await readRecordedOutcome(ownerUrl, opened.importId)
  expect([redemptions, rejected, duplicates].map(({ length }) => length)).toEqual([2, 1, 0])
  expect(opened.partition.checkpoint.nextRow).toBe(4)
})

test.each([
  ['single-use', undefined, 'first-use'],
  ['single-use', 'single-use', 'single-use'],
  ['single-use', 'limited', 'limited'],
  ['limited', undefined, 'limited'],
  ['limited', 'first-use', 'limited'],
  ['unlimited', undefined, 'unlimited'],
  ['unlimited', 'single-use', 'unlimited'],
] as const)('a series that is %s, at fastest by %s, is evaluated by %s', (kind, fastest, expected) => {
  expect(chooseStrategy(kind, fastest)).toBe(expected)
})
