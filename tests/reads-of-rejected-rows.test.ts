/**
 * What a look at a large import's rejected rows or at redemptions reads, in rows of tables and bytes of the file: as much as
 * is shown, not as much as there is, in a database of which nobody has gathered statistics.
 */
import { Readable } from 'node:stream'

import type { ColumnMapping } from '@importer/contracts'
import {
  completeRevert,
  findEqualRedemption,
  findImportById,
  findRedemptionsOfCoupon,
  type SystemDatabase,
  type ImportRecord,
} from '@importer/db'
import { explainRow, groupErrorsByCode, groupErrorsByValue, listRowErrors, loadReference } from '@importer/imports'
import type { FileStore } from '@importer/file-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DirectImporter } from './support/direct-importer.ts'
import { openTestDatabase } from './support/open-test-database.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ORG } from './support/running-system.ts'
import { createTestDatabase } from './support/test-database.ts'

const MAPPING: ColumnMapping = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, mobile: 2, couponCode: 3 },
}
const ROWS = 20_000
/** Of a row, so that the file has many of the blocks of 256 KiB that it is read in. */
const NOTE = 'n'.repeat(400)
const GOOD_EVERY = 100
const RARE_ROW = 501
const AT = Date.UTC(2024, 0, 1)
const PAGE = 100
/** What reading any one place of a file costs: the chunk that a disk is read by, or two blocks that are compared. */
const POSITION_BYTES = 512 * 1024
const TABLES = ['rejected_row', 'duplicate_row', 'import_position', 'import_error_group', 'redemption']
/** Of series 2, each used once; so many more are not used. */
const USED_COUPONS = 20_000
const UNUSED_COUPONS = 50
/** Of the one coupon of series 3, which has no limit. */
const REPEATED = 5_000

let ownerUrl: string
let importer: DirectImporter
/** One connection, so that what it has counted can be handed in. */
let database: SystemDatabase
let importRecord: ImportRecord
let usedOnce: ImportRecord

beforeAll(async () => {
  const created = await createTestDatabase()
  ;({ ownerUrl } = created)
  for (const table of TABLES) {
    await queryOnce(ownerUrl, `ALTER TABLE ${table} SET (autovacuum_enabled = off)`)
  }
  importer = await DirectImporter.open({ database: created, partitionCount: 2, batchRows: 20_000 })
  database = openTestDatabase(created.url, { maxConnections: 1 })
  const coupons = Array.from({ length: ROWS / GOOD_EVERY }, (_none, n) => `${n + 1},1,K${n + 1}\n`)
  await importer.load({
    series: 'id,maxRedemptionsPerCoupon\n1,1\n2,1\n3,\n',
    tills: 'id\n7\n',
    customers: 'id,mobile\n1,900000\n',
    coupons: `id,seriesId,code\n${coupons.join('')}`,
  })
  const ofSeries2 = Array.from({ length: USED_COUPONS + UNUSED_COUPONS }, (_none, n) => `${100_000 + n},2,R${n}\n`)
  await importer.load({ coupons: `id,seriesId,code\n${ofSeries2.join('')}99999,3,G\n` })
  const rows = (count: number, codeOf: (n: number) => string): string =>
    Array.from({ length: count }, (_none, n) => `${AT + n},7,900000,${codeOf(n)}\n`).join('')
  usedOnce = await importFile(
    rows(USED_COUPONS, (n) => `R${n}`),
    2,
  )
  await importFile(
    rows(REPEATED, () => 'G'),
    3,
  )
  importRecord = await importFile(makeFile())
})
afterAll(() => importer.close())

/** Every 100th row is good, one names a customer that there is not, all others a till. */
function makeFile(): string {
  const rows = Array.from({ length: ROWS }, (_none, index) => {
    const rowNumber = index + 1
    const till = rowNumber % GOOD_EVERY === 0 || rowNumber === RARE_ROW ? 7 : 99
    const mobile = rowNumber === RARE_ROW ? 911_111 : 900_000
    return `${AT + index},${till},${mobile},K${Math.ceil(rowNumber / GOOD_EVERY)},${NOTE}\n`
  })
  return `when,till,phone,code,note\n${rows.join('')}`
}

async function importFile(file: string, seriesId = 1): Promise<ImportRecord> {
  const { importId } = await importer.import({ seriesId, mapping: MAPPING, file: Buffer.from(file) })
  const record = await findImportById(importer.database, importId)
  if (record === null) throw new Error(`import ${importId} is gone`)
  return record
}

interface Measured<Result> {
  readonly result: Result
  readonly rowsRead: number
  readonly bytesRead: number
}

async function measure<Result>(
  look: (source: { database: SystemDatabase; store: FileStore; importRecord: ImportRecord }) => Promise<Result>,
): Promise<Measured<Result>> {
  let bytesRead = 0
  const { store } = importer
  const counting: FileStore = {
    ...store,
    read: (...request: Parameters<FileStore['read']>) => {
      const stream = store.read(...request)
      stream.on('data', (chunk: Buffer) => {
        bytesRead += chunk.length
      })
      stream.pause()
      return stream
    },
  }
  const before = await countRowsRead()
  const result = await look({ database, store: counting, importRecord })
  return { result, rowsRead: (await countRowsRead()) - before, bytesRead }
}

async function countRowsRead(): Promise<number> {
  await database.prisma.$queryRaw`SELECT pg_stat_force_next_flush()::text`
  const [counts] = await queryOnce<{ read: number }>(
    ownerUrl,
    `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS read FROM pg_stat_user_tables WHERE relname = ANY ($1)`,
    [TABLES],
  )
  return counts?.read ?? NaN
}

describe('of an import with 19,800 rejected rows', () => {
  test('the groups by code are read from what was counted with each batch', async () => {
    const { result, rowsRead, bytesRead } = await measure(groupErrorsByCode)
    expect(result.items.map(({ code, rows }) => [code, rows])).toEqual([
      ['TILL_NOT_FOUND', ROWS - ROWS / GOOD_EVERY - 1],
      ['CUSTOMER_NOT_FOUND', 1],
    ])
    expect(rowsRead).toBeLessThanOrEqual(10)
    expect(bytesRead).toBe(0)
  })

  test.each([
    ['the first page', 0, {}, 2 * PAGE],
    ['a page from the middle', ROWS / 2, {}, 2 * PAGE],
    ['a page of the most frequent code', 0, { code: 'TILL_NOT_FOUND' }, 10 * PAGE],
    ['a page of a column', ROWS / 2, { column: 'redeemedAt' }, 10 * PAGE],
    // Those of the batch in which it is.
    ['a page of a code that one row has', 0, { code: 'CUSTOMER_NOT_FOUND' }, 4_000],
    ['a page of a code behind the last row that has it', ROWS / 2, { code: 'CUSTOMER_NOT_FOUND' }, 10],
    ['a page of a code that no row has', 0, { code: 'COUPON_EXPIRED' }, 10],
  ] as const)('%s reads little more than it shows', async (_name, afterRow, filter, mostRows) => {
    const { result, rowsRead, bytesRead } = await measure(async (source) =>
      listRowErrors(source, { afterRow, limit: PAGE, filter }),
    )
    const code = 'code' in filter ? filter.code : 'TILL_NOT_FOUND'
    const rows = code === 'TILL_NOT_FOUND' ? PAGE : code === 'CUSTOMER_NOT_FOUND' && afterRow === 0 ? 1 : 0
    expect(result.items).toHaveLength(rows)
    expect(result.items.every((item) => item.code === code && item.rowNumber > afterRow)).toBe(true)
    expect(result.nextAfterRow).toBe(rows === PAGE ? result.items.at(-1)?.rowNumber : null)
    expect(rowsRead).toBeLessThanOrEqual(mostRows)
    expect(bytesRead).toBeLessThanOrEqual(4 * POSITION_BYTES)
  })

  test.each([
    ['a rejected row', { rowNumber: 13_333 }],
    ['an inserted row', { rowNumber: 12_300 }],
    ['the row on a line', { line: 17_778 }],
    ['the last row', { rowNumber: ROWS }],
  ])('%s is read from its place in the file', async (_name, place) => {
    const { result, rowsRead, bytesRead } = await measure(async (source) => explainRow(source, place))
    const rowNumber = 'line' in place ? place.line - 1 : place.rowNumber
    expect(result).toMatchObject({
      rowNumber,
      line: rowNumber + 1,
      raw: expect.stringContaining(`${AT + rowNumber - 1},`),
    })
    expect(result?.outcome).toBe(rowNumber % GOOD_EVERY === 0 ? 'inserted' : 'rejected')
    // A table of some tens of places may be read as a whole.
    expect(rowsRead).toBeLessThanOrEqual(60)
    // Its header, its record, and its text.
    expect(bytesRead).toBeLessThanOrEqual(4 * POSITION_BYTES)
  })

  test('a page is the same where an older version recorded no places', async () => {
    const page = { afterRow: 0, limit: PAGE, filter: { code: 'CUSTOMER_NOT_FOUND' } } as const
    const { result } = await measure(async (source) => listRowErrors(source, page))
    await queryOnce(ownerUrl, `UPDATE import_error_group SET spans = DEFAULT`)
    expect((await measure(async (source) => listRowErrors(source, page))).result).toEqual(result)
  })
})

describe('of 25,000 redemptions', () => {
  const redemption = { customerId: 1n, tillId: 7n }
  const ofUsed = { ...redemption, couponId: 100_777n, redeemedAt: new Date(AT + 777) }
  const ofRepeated = { ...redemption, couponId: 99_999n, redeemedAt: new Date(AT + 4_321) }

  test.each([
    ['a coupon that is used once', ofUsed, 1],
    ['a coupon without a limit', ofRepeated, 1],
    ['no coupon', { ...ofUsed, redeemedAt: new Date(AT) }, 0],
  ] as const)('an equal one of %s is looked for without its neighbours', async (_name, wanted, rows) => {
    const { result, rowsRead } = await measure(async (source) => findEqualRedemption(source.database, TEST_ORG, wanted))
    expect(result).toHaveLength(rows)
    expect(rowsRead).toBeLessThanOrEqual(2)
  })

  test.each([
    ['used once', ofUsed.couponId, [AT + 777]],
    ['without a limit', ofRepeated.couponId, Array.from({ length: 10 }, (_none, n) => AT + n)],
    ['not used', 120_000n, []],
  ] as const)('the first of a coupon that is %s are read, and no more', async (_name, couponId, times) => {
    const { result, rowsRead } = await measure(async (source) =>
      findRedemptionsOfCoupon(source.database, TEST_ORG, couponId, 10),
    )
    expect(result.map(({ redeemedAt }) => redeemedAt.getTime())).toEqual(times)
    expect(rowsRead).toBeLessThanOrEqual(times.length)
  })

  test.each([
    ['with all that a new one needs', 'id,seriesId,code', 3, (n: number) => `,R${n}`],
    ['with its series alone', 'id,seriesId', 2, () => ''],
  ] as const)('a coupon is moved by a load %s after one look', async (_name, header, seriesId, rest) => {
    const moved = Array.from({ length: 2 * UNUSED_COUPONS }, (_none, i) => USED_COUPONS + UNUSED_COUPONS - 1 - i)
    const rows = moved.map((n) => `${100_000 + n},${n < USED_COUPONS ? 3 : seriesId}${rest(n)}\n`)
    const body = Readable.from([Buffer.from(`${header}\n${rows.join('')}`)])
    const { result, rowsRead } = await measure(async (source) =>
      loadReference({ database: source.database, orgId: TEST_ORG, kind: 'coupons', body }),
    )
    expect(result).toMatchObject({ updated: UNUSED_COUPONS, rejected: UNUSED_COUPONS })
    expect(rowsRead).toBeLessThanOrEqual(2 * UNUSED_COUPONS)
  })

  test('that none is left of an import is seen without those of others, though statistics say that most are its', async () => {
    await queryOnce(ownerUrl, 'ANALYZE redemption')
    await queryOnce(ownerUrl, 'UPDATE import SET revert_requested_at = now() WHERE id = $1', [usedOnce.id])
    await queryOnce(ownerUrl, 'DELETE FROM redemption WHERE import_id = $1', [usedOnce.id])
    const { result, rowsRead } = await measure(async (source) => completeRevert(source.database, usedOnce.id))
    expect(result).toBe(true)
    expect(rowsRead).toBe(0)
  })
})

test('groups by value keep no more characters than there is room for', async () => {
  const rows = Array.from(
    { length: 12_000 },
    (_none, n) => `${AT},${n % 4 === 0 ? 99 : `${n}-${'t'.repeat(990)}`},900000,K1\n`,
  )
  const { importId } = await importer.import({ seriesId: 1, mapping: MAPPING, file: Buffer.from(rows.join('')) })
  const record = await findImportById(importer.database, importId)
  if (record === null) throw new Error(`import ${importId} is gone`)
  const { items, exact } = await groupErrorsByValue({ database, store: importer.store, importRecord: record })
  expect(exact).toBe(false)
  expect(items[0]).toMatchObject({ value: '99', rows: 3_000, firstRows: [1, 5, 9, 13, 17] })
})
