/** Passes over a file against a real database: where each begins, and that each row is committed once, however often they end early. */
import { encodeRowError } from '@importer/contracts'
import { readRecords } from '@importer/csv'
import type { PartitionCheckpoint } from '@importer/db'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { claimFile, MAPPING } from '../../test/claim-file.ts'
import { createErrorBudget } from './error-budget.ts'
import { Partition } from './partition.ts'
import { Pass } from './pass.ts'

const SERIES = 3
const NO_LIMIT = createErrorBudget({
  counts: { rows: 0, inserted: 0, duplicates: 0, rejected: 0 },
  maxErrors: null,
  maxErrorRatio: null,
})
const MARK_BYTES = 256 * 1024
const COUPON_MISSING = encodeRowError({ reason: 'coupon_missing', field: 'couponCode' })

let ownerUrl: string
let importer: DirectImporter

beforeAll(async () => {
  const database = await createTestDatabase()
  ownerUrl = database.ownerUrl
  importer = await DirectImporter.open({ database })
  await importer.load({ series: `id,maxRedemptionsPerCoupon\n${SERIES},1\n` })
})
afterAll(async () => importer.close())

interface Claim {
  readonly partitions: readonly Partition[]
  readonly pass: Pass
}

async function begin(
  importId: number,
  {
    partitionCount,
    batchRows,
    start,
  }: { partitionCount: number; batchRows: number; start: { byteOffset: number; line: number } },
): Promise<Claim> {
  const { context, checkpoints } = await claimFile(importer, importId, { partitionCount, batchRows })
  const partitions = checkpoints.map((checkpoint) => new Partition(context, checkpoint))
  return { partitions, pass: new Pass(partitions, context.mapper, NO_LIMIT, 'coupon', start) }
}

test.each<[string, [row: number, byte: number, line: number][], number, { row: number; byte: number; line: number }]>([
  [
    'a new import begins behind its header',
    [
      [1, 0, 1],
      [1, 0, 1],
    ],
    30,
    { row: 1, byte: 30, line: 3 },
  ],
  ['and at the beginning where there is none', [[1, 0, 1]], 0, { row: 1, byte: 0, line: 1 }],
  [
    'the earliest partition decides',
    [
      [9, 90, 11],
      [4, 60, 6],
      [7, 80, 9],
    ],
    30,
    { row: 4, byte: 60, line: 6 },
  ],
  [
    'one that has committed nothing is the earliest',
    [
      [9, 90, 11],
      [1, 0, 1],
    ],
    30,
    { row: 1, byte: 30, line: 3 },
  ],
  [
    'all at one row go on there',
    [
      [4, 60, 6],
      [4, 60, 6],
    ],
    30,
    { row: 4, byte: 60, line: 6 },
  ],
])('%s', async (_name, stands, byteOffset, expected) => {
  const { importId } = await importer.create({ seriesId: SERIES, mapping: MAPPING, file: Buffer.from('x') })
  const { context } = await claimFile(importer, importId, { partitionCount: stands.length, batchRows: 1 })
  const partitions = stands.map(
    ([nextRow, nextByte, nextLine], partition) => new Partition(context, { partition, nextRow, nextByte, nextLine }),
  )
  const pass = new Pass(partitions, context.mapper, NO_LIMIT, 'coupon', { byteOffset, line: byteOffset === 0 ? 1 : 3 })
  expect(pass.start).toEqual(expected)
  expect(pass.rows).toBe(expected.row - 1)
})

/** A file in whose rows coupons are named that nobody knows, so that each is rejected, by its look-up or before it. */
function makeFile(notes: readonly string[]): {
  file: Buffer
  rows: { row: number; line: number; byte: number; errors?: number[] }[]
} {
  const rows: { row: number; line: number; byte: number; errors?: number[] }[] = []
  let text = 'date,till,user,coupon,note\n\n'
  let line = 3
  for (const [index, note] of notes.entries()) {
    const isEmpty = index % 7 === 3
    rows.push({ row: index + 1, line, byte: Buffer.byteLength(text), ...(isEmpty && { errors: [COUPON_MISSING] }) })
    const record = `${Date.UTC(2024, 5, 1)},1,1,${isEmpty ? '' : `C${index}`},"${note}"\n${index % 5 === 0 ? ',,,,\n' : ''}`
    text += record
    line += record.split('\n').length - 1
  }
  return { file: Buffer.from(text), rows }
}

const HEADER_END = { byteOffset: 'date,till,user,coupon,note\n'.length, line: 2 }

async function* blocksOf(file: Buffer, { pass }: Claim, pieceBytes: number) {
  async function* bytes() {
    for (let at = pass.start.byte; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes)
  }
  yield* readRecords(bytes(), { delimiter: ',', from: { byteOffset: pass.start.byte, line: pass.start.line } })
}

/** How a pass ends before the file's end, after so many blocks: with what it gathered, or as a process that is killed. */
interface Stop {
  readonly blocks: number
  readonly isClean: boolean
}

async function run(file: Buffer, claim: Claim, pieceBytes: number, stop: Stop | undefined): Promise<void> {
  let taken = 0
  for await (const block of blocksOf(file, claim, pieceBytes)) {
    if (stop !== undefined && taken >= stop.blocks) break
    await claim.pass.take(block)
    taken += 1
  }
  if (stop?.isClean !== false) await claim.pass.flush(stop !== undefined)
  for (const partition of claim.partitions) await partition.settle()
}

test('each row is committed once, where it stands, however often a pass ends early', async () => {
  const note = fc.oneof(
    fc.constantFrom('', 'plain', 'two\nlines', 'é\r\nü', 'a,b;c', '""'),
    fc.nat(3_000).map((length) => 'x'.repeat(length)),
  )
  const stops = fc.array(fc.record({ blocks: fc.nat(6), isClean: fc.boolean() }), { maxLength: 4 })
  const layout = fc.record({
    partitionCount: fc.integer({ min: 1, max: 4 }),
    batchRows: fc.integer({ min: 1, max: 40 }),
  })
  const pieces = fc.constantFrom(500, 5_000, 70_000)
  await fc.assert(
    fc.asyncProperty(
      fc.array(note, { minLength: 1, maxLength: 120 }),
      stops,
      layout,
      pieces,
      async (notes, ends, wanted, pieceBytes) => {
        const { file, rows } = makeFile(notes)
        const { importId } = await importer.create({ seriesId: SERIES, mapping: MAPPING, file })
        let before: readonly PartitionCheckpoint[] = []
        for (const stop of [...ends, undefined]) {
          const claim = await begin(importId, { ...wanted, start: HEADER_END })
          const now = claim.partitions.map(({ checkpoint }) => checkpoint)
          for (const [index, { nextRow }] of before.entries()) expect(now[index]?.nextRow).toBe(nextRow)
          await run(file, claim, pieceBytes, stop)
          if (stop === undefined) expect(claim.pass.rows).toBe(rows.length)
          // None is behind where the reading came to; one may be ahead, which committed more before a pass was killed.
          if (stop?.isClean === true)
            expect(Math.min(...claim.partitions.map(({ checkpoint }) => checkpoint.nextRow))).toBeGreaterThan(
              claim.pass.rows,
            )
          before = claim.partitions.map(({ checkpoint }) => checkpoint)
        }
        const rejected = await queryOnce(
          ownerUrl,
          `SELECT row_number AS row, line::float8 AS line, byte_offset::float8 AS byte, errors FROM rejected_row
           WHERE import_id = ${importId} ORDER BY row_number`,
        )
        expect(rejected).toMatchObject(rows)
        expect(rejected).toHaveLength(rows.length)
      },
    ),
    { numRuns: 25 },
  )
})

test('places are recorded so close that no row is read far for', async () => {
  const { file, rows } = makeFile(Array.from({ length: 1_500 }, (_none, n) => 'x'.repeat((n * 37) % 2_000)))
  const { importId } = await importer.create({ seriesId: SERIES, mapping: MAPPING, file })
  const wanted = { partitionCount: 2, batchRows: 5_000, start: HEADER_END }
  await run(file, await begin(importId, wanted), 70_000, { blocks: 9, isClean: true })
  await run(file, await begin(importId, wanted), 70_000, undefined)
  const marks = await queryOnce<{ row: number; byte: number; line: number }>(
    ownerUrl,
    `SELECT row_number AS row, byte_offset::float8 AS byte, line::float8 AS line FROM import_position
     WHERE import_id = ${importId} ORDER BY row_number`,
  )
  // Behind the row before it, at the latest where its own begins: what lies between carries none.
  for (const { row, byte, line } of marks) {
    expect(byte).toBeGreaterThan(rows[row - 2]?.byte ?? 0)
    expect(byte).toBeLessThanOrEqual(rows[row - 1]?.byte ?? file.length)
    expect(line).toBeLessThanOrEqual(rows[row - 1]?.line ?? Infinity)
  }
  const places = [HEADER_END.byteOffset, ...marks.map(({ byte }) => byte), file.length]
  const longestRow = 2_200
  for (const [index, byte] of places.slice(1).entries()) {
    expect(byte - (places[index] ?? 0)).toBeLessThan(MARK_BYTES + longestRow)
  }
})
