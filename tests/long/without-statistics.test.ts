/**
 * How much an import reads does not depend on what PostgreSQL's statistics say of its tables: nothing, something that was
 * true once, or the truth. Counted in rows and index entries that were read, not in time.
 */
import type { ColumnMapping } from '@importer/contracts'
import type { DatabaseUrls } from '@importer/embedded-postgres'
import { describe, expect, it } from 'vitest'

import { DirectImporter } from '../support/direct-importer.ts'
import { queryOnce } from '../support/query-once.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'

const TABLES = ['redemption', 'dry_redemption', 'coupon', 'customer']
const ROWS = 2_000
const CUSTOMERS = 500
const TILL = 7
const MAPPING: ColumnMapping = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, mobile: 2, couponCode: 3 },
}

/** What each row may read: its customer, its coupon, an equal redemption, the coupon's first and its last, and little more. */
const MOST_PER_ROW = 12

interface Kind {
  readonly name: string
  readonly limit: number | null
  readonly coupons: number
}
const KINDS: readonly Kind[] = [
  { name: 'once', limit: 1, coupons: 3 * ROWS },
  { name: 'limit 10', limit: 10, coupons: ROWS / 4 },
  { name: 'limit 100,000, one coupon', limit: 100_000, coupons: 1 },
  { name: 'a limit that is reached, one coupon', limit: 2.5 * ROWS, coupons: 1 },
  { name: 'no limit, one coupon', limit: null, coupons: 1 },
  { name: 'no limit, many coupons', limit: null, coupons: ROWS / 4 },
]

const seriesOf = (kind: Kind): number => KINDS.indexOf(kind) + 1

async function loadReference(importer: DirectImporter): Promise<void> {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
  const lines = (header: string, rows: readonly string[]): string => [header, ...rows, ''].join('\n')
  await importer.load({
    series: lines(
      'id,maxRedemptionsPerCoupon',
      KINDS.map((kind) => `${seriesOf(kind)},${kind.limit ?? ''}`),
    ),
    tills: `id\n${TILL}\n`,
    customers: lines(
      'id,mobile',
      numbers(CUSTOMERS).map((n) => `${n + 1},${900_000 + n}`),
    ),
    coupons: lines(
      'id,seriesId,code',
      KINDS.flatMap((kind) =>
        numbers(kind.coupons).map((n) => `${seriesOf(kind) * 100_000 + n},${seriesOf(kind)},K${seriesOf(kind)}-${n}`),
      ),
    ),
  })
}

/** Rows `from` and on, each of a redemption of its own. */
function makeFile(kind: Kind, from: number): Buffer {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const n = from + i
    return `${Date.UTC(2024, 0, 1) + n * 1_000},${TILL},${900_000 + (n % CUSTOMERS)},K${seriesOf(kind)}-${n % kind.coupons}\n`
  })
  return Buffer.from(rows.join(''))
}

async function gatherStatistics(ownerUrl: string): Promise<void> {
  for (const table of TABLES) await queryOnce(ownerUrl, `VACUUM (ANALYZE) ${table}`)
}

/** What is in the tables when statistics are gathered, and gone or outnumbered when they are used. */
async function gatherOtherStatistics(ownerUrl: string): Promise<void> {
  const columns = 'coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, repeatable'
  for (const table of ['redemption', 'dry_redemption']) {
    await queryOnce(
      ownerUrl,
      `INSERT INTO ${table} (${columns})
       SELECT 1, 1, 1, timestamptz '2020-01-01' + n * interval '1 second', 1, 999999, n, n, true FROM generate_series(1, 5000) n`,
    )
  }
  await gatherStatistics(ownerUrl)
}

async function countRead(ownerUrl: string): Promise<number> {
  const [counts] = await queryOnce<{ read: number }>(
    ownerUrl,
    `SELECT ((SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = ANY ($1))
             + (SELECT sum(greatest(idx_tup_read, idx_tup_fetch)) FROM pg_stat_user_indexes WHERE relname = ANY ($1)))::float8 AS read`,
    [TABLES],
  )
  return counts?.read ?? NaN
}

/** Runs imports over connections of their own, and gives what they read by row. */
async function readPerRow(
  database: DatabaseUrls,
  rows: number,
  work: (importer: DirectImporter) => Promise<unknown>,
  batchRows = 1_000,
): Promise<number> {
  const before = await countRead(database.ownerUrl)
  // One partition: a batch that is planned on an empty table, while another one fills it, reads that for each of its rows.
  const importer = await DirectImporter.open({ database, batchRows, partitionCount: 1 })
  try {
    await work(importer)
  } finally {
    await importer.close()
  }
  // A session hands in what it has counted before it is gone.
  await waitUntil('its sessions are gone', async () => {
    const sessions = await queryOnce(
      database.ownerUrl,
      `SELECT FROM pg_stat_activity WHERE application_name = 'direct'
                                                   AND datname = current_database()`,
    )
    return sessions.length === 0
  })
  return ((await countRead(database.ownerUrl)) - before) / rows
}

describe.each([
  { statistics: 'none', before: null, between: null },
  { statistics: 'of empty tables', before: gatherStatistics, between: null },
  { statistics: 'of other data', before: gatherOtherStatistics, between: null },
  { statistics: 'gathered between two imports', before: null, between: gatherStatistics },
])('statistics: $statistics', ({ before, between }) => {
  it('every kind of series reads little for each row, and raises nothing', { timeout: 300_000 }, async () => {
    const database = await createTestDatabase()
    const { ownerUrl } = database
    for (const table of TABLES) await queryOnce(ownerUrl, `ALTER TABLE ${table} SET (autovacuum_enabled = off)`)
    await before?.(ownerUrl)
    await readPerRow(database, 1, loadReference)
    const figures: Record<string, number[]> = {}
    const importIds = new Map<Kind, number>()
    for (const kind of KINDS) {
      const input = { seriesId: seriesOf(kind), mapping: MAPPING }
      figures[kind.name] = [
        await readPerRow(database, 2 * ROWS, async (importer) => {
          importIds.set(kind, (await importer.import({ ...input, file: makeFile(kind, 0) })).importId)
          await importer.import({ ...input, file: makeFile(kind, ROWS), dryRun: true })
        }),
      ]
    }
    await between?.(ownerUrl)
    for (const kind of KINDS) {
      const input = { seriesId: seriesOf(kind), mapping: MAPPING }
      figures[kind.name]?.push(
        await readPerRow(database, 3 * ROWS, async (importer) => {
          await importer.import({ ...input, file: makeFile(kind, ROWS), dryRun: true })
          await importer.import({ ...input, file: makeFile(kind, ROWS) })
          // Half of it is recorded, the other half is not, and leaves no room where there is a limit.
          await importer.import({ ...input, file: makeFile(kind, 1.5 * ROWS) })
        }),
      )
    }
    // Gaps: what the first imports took is free again.
    const reverter = await DirectImporter.open({ database })
    for (const importId of importIds.values()) await reverter.revert(importId)
    await reverter.close()
    for (const kind of KINDS) {
      const input = { seriesId: seriesOf(kind), mapping: MAPPING }
      figures[kind.name]?.push(
        await readPerRow(database, 2 * ROWS, async (importer) => {
          await importer.import({ ...input, file: makeFile(kind, 0), dryRun: true })
          await importer.import({ ...input, file: makeFile(kind, 0) })
        }),
      )
    }
    const tooMuch = Object.entries(figures).filter(
      ([, read]) => !read.every((each) => each > 0 && each <= MOST_PER_ROW),
    )
    expect(tooMuch).toEqual([])
    // What is expected, such as a coupon that is redeemed already, is no error in the database's log.
    expect(
      await queryOnce(
        ownerUrl,
        'SELECT xact_rollback::int AS errors FROM pg_stat_database WHERE datname = current_database()',
      ),
    ).toEqual([{ errors: 0 }])
  })
})

// Each batch meets the same full coupons: what one has found out, the next ones do not read again.
describe.each([
  { full: 'one coupon', limit: 2_000, coupons: 1, batchRows: 50 },
  { full: 'a hundred coupons of a low limit, each once in a batch', limit: 20, coupons: 100, batchRows: 100 },
])('full: $full', ({ limit, coupons, batchRows }) => {
  it.each([true, false])('a row reads little, dry run: %s', { timeout: 300_000 }, async (dryRun) => {
    const database = await createTestDatabase()
    const kind: Kind = { name: 'full', limit, coupons }
    const lines = (header: string, rows: readonly string[]): string => [header, ...rows, ''].join('\n')
    const input = { seriesId: 1, mapping: MAPPING }
    const line = (n: number): string =>
      `${Date.UTC(2024, 0, 1) + n * 1_000},${TILL},${900_000 + (n % CUSTOMERS)},K1-${n % kind.coupons}\n`
    const file = (from: number): Buffer => Buffer.from(Array.from({ length: ROWS }, (_, i) => line(from + i)).join(''))
    const filler = await DirectImporter.open({ database })
    await filler.load({
      series: `id,maxRedemptionsPerCoupon\n1,${limit}\n`,
      tills: `id\n${TILL}\n`,
      customers: lines(
        'id,mobile',
        Array.from({ length: CUSTOMERS }, (_, n) => `${n + 1},${900_000 + n}`),
      ),
      coupons: lines(
        'id,seriesId,code',
        Array.from({ length: coupons }, (_, n) => `${n + 1},1,K1-${n}`),
      ),
    })
    await filler.import({ ...input, file: file(0) })
    await filler.close()
    const read = await readPerRow(
      database,
      ROWS,
      async (importer) => importer.import({ ...input, file: file(ROWS), dryRun }),
      batchRows,
    )
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThanOrEqual(MOST_PER_ROW)
  })
})
