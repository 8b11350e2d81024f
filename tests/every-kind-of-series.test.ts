/**
 * Limits, gaps after reverts, limits that change and dry runs, held against the slow model (oracle/reference-model.ts) over
 * whole histories of a series: many rows of few coupons, and few rows of many.
 */
import type { ColumnMapping } from '@importer/contracts'
import { claimImport, resumeImport } from '@importer/db'
import { clearDryRuns } from '@importer/imports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Random } from './oracle/random.ts'
import { evaluate, type EvaluatedRow, type Recorded } from './oracle/reference-model.ts'
import type { Reference } from './oracle/reference-data.ts'
import { DirectImporter } from './support/direct-importer.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ACTOR, TEST_ORG } from './support/running-system.ts'
import { createTestDatabase } from './support/test-database.ts'

const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_CODE',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponCode: 3 },
}
const FROM_MS = Date.UTC(2024, 0, 1)
const CUSTOMERS = 40
const TILLS = 3

type Limit = number | null

/** A series of its own, and what is in its books by the model. */
class History {
  readonly #importer: DirectImporter
  readonly #random: Random
  readonly #seriesId: number
  readonly #coupons: number
  #limit: Limit = 1
  #books: (Recorded & { readonly importId: number })[] = []

  constructor(importer: DirectImporter, seed: number, coupons: number) {
    this.#importer = importer
    this.#random = new Random(seed)
    this.#seriesId = seed * 1_000
    this.#coupons = coupons
  }

  async begin(limit: Limit): Promise<void> {
    await this.setLimit(limit)
    const { coupons, customers, tills } = this.#reference()
    const csv = (rows: readonly Record<string, string>[]): string =>
      [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))]
        .map((cells) => `${cells.join()}\n`)
        .join('')
    await this.#importer.load({ tills: csv(tills), customers: csv(customers), coupons: csv(coupons) })
  }

  async setLimit(limit: Limit): Promise<void> {
    this.#limit = limit
    const csv = `id,maxRedemptionsPerCoupon,validFrom\n${this.#seriesId},${limit ?? ''},2024-01-02\n`
    await this.#importer.load({ series: csv })
  }

  /** Rows as chance has them; some come twice, some break a rule, some are of redemptions in the books. */
  makeFile(rows: number): string[] {
    const random = this.#random
    const lines: string[] = []
    for (let i = 0; i < rows; i += 1) {
      const known = random.pick([...this.#books.slice(-50), null])
      if (lines.length > 0 && random.chance(0.08)) lines.push(random.pick(lines.slice(-300)))
      else if (known !== null && random.chance(0.08)) {
        lines.push([known.redeemedAtMs, known.tillId, known.customerId, `S${known.couponId}`].join())
      } else {
        const time = FROM_MS + random.whole(0, 20 * 86_400_000)
        lines.push([time, random.whole(1, TILLS), random.whole(1, CUSTOMERS), `S${this.#couponId(random)}`].join())
      }
    }
    return lines
  }

  /** Tries the file as a dry run, then imports it; both have to be as the model says. Gives the import's id. */
  async import(lines: readonly string[]): Promise<number> {
    const file = Buffer.from(`${lines.join('\n')}\n`)
    const input = { seriesId: this.#seriesId, mapping: MAPPING, file }
    const dry = await this.#importer.import({ ...input, dryRun: true })
    const { rows } = evaluate({
      createdAtMs: dry.createdAtMs,
      mapping: MAPPING,
      seriesId: this.#seriesId,
      reference: this.#reference(),
      recorded: this.#books,
      records: lines.map((text, n) => ({ kind: 'cells', line: n + 1, cells: text.split(',') })),
    })
    // What it wrote is not needed to tell what became of its rows.
    await clearDryRuns(this.#importer.database)
    await this.#compare(dry.importId, rows, lines)
    const { importId } = await this.#importer.import(input)
    await this.#compare(importId, rows, lines)
    for (const { outcome, redemption } of rows) {
      if (outcome === 'inserted' && redemption !== null) this.#books.push({ ...redemption, importId })
    }
    return importId
  }

  async revert(importId: number): Promise<void> {
    await this.#importer.revert(importId)
    this.#books = this.#books.filter((redemption) => redemption.importId !== importId)
  }

  /** What is recorded is what the model has in its books, and no ordinal is above the limit or there twice. */
  async expectBooks(ownerUrl: string, highest: number): Promise<void> {
    const ids = [this.#seriesId * 100, this.#seriesId * 100 + this.#coupons]
    const found = await queryOnce<{ key: string; ordinal: number | null }>(
      ownerUrl,
      `SELECT concat_ws(',', coupon_id, customer_id, till_id, (extract(epoch FROM redeemed_at) * 1000)::bigint) AS key, ordinal
       FROM redemption WHERE coupon_id >= $1 AND coupon_id < $2`,
      ids,
    )
    const expected = this.#books.map((one) => [one.couponId, one.customerId, one.tillId, one.redeemedAtMs].join())
    expect(found.map(({ key }) => key).toSorted()).toEqual(expected.toSorted())
    expect(Math.max(0, ...found.map(({ ordinal }) => ordinal ?? 0))).toBeLessThanOrEqual(highest)
  }

  #couponId(random: Random): number {
    return this.#seriesId * 100 + random.whole(0, this.#coupons - 1)
  }

  #reference(): Reference {
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
    return {
      series: [
        {
          id: String(this.#seriesId),
          maxRedemptionsPerCoupon: String(this.#limit ?? ''),
          validFrom: '2024-01-02',
          validTill: '',
        },
      ],
      customers: numbers(CUSTOMERS).map((n) => ({ id: String(n + 1), mobile: '', email: '', externalId: '' })),
      tills: numbers(TILLS).map((n) => ({ id: String(n + 1) })),
      coupons: numbers(this.#coupons).map((n) => ({
        id: String(this.#seriesId * 100 + n),
        seriesId: String(this.#seriesId),
        code: `S${this.#seriesId * 100 + n}`,
        customerId: '',
        status: n % 17 === 5 ? 'REVOKED' : '',
        expiresAt: n % 11 === 7 ? '2024-01-10T00:00:00Z' : '',
      })),
    }
  }

  async #compare(importId: number, rows: readonly EvaluatedRow[], lines: readonly string[]): Promise<void> {
    const found = new Map<number, string>()
    for (const outcome of ['inserted', 'duplicate', 'rejected'] as const) {
      for (const line of (await this.#importer.readReport(importId, outcome)).split('\n').slice(1, -1)) {
        const cells = line.split(',')
        found.set(Number(cells[4]), outcome === 'rejected' ? (cells[6] ?? '') : outcome)
      }
    }
    const differences = rows
      .map((row) => ({
        row: row.rowNumber,
        cells: lines[row.rowNumber - 1],
        model: sum(row),
        system: found.get(row.rowNumber),
      }))
      .filter(({ model, system }) => model !== system)
    expect(differences.slice(0, 5)).toEqual([])
    expect(found.size).toBe(rows.length)
  }
}

function sum({ outcome, codes }: EvaluatedRow): string {
  return outcome === 'rejected' ? codes.join('; ') : outcome
}

let ownerUrl: string
let importer: DirectImporter
beforeAll(async () => {
  const database = await createTestDatabase()
  ;({ ownerUrl } = database)
  importer = await DirectImporter.open({ database, partitionCount: 3, batchRows: 400 })
})
afterAll(async () => importer.close())

const TIMEOUT_MS = 300_000

describe('a history of imports and reverts is as the model says', () => {
  it.each([
    { seed: 1, limit: 1, coupons: 300, rows: 700 },
    { seed: 2, limit: 10, coupons: 60, rows: 700 },
    { seed: 3, limit: 10, coupons: 1, rows: 300 },
    { seed: 4, limit: 100, coupons: 8, rows: 900 },
    { seed: 5, limit: 1_200, coupons: 1, rows: 1_000 },
    { seed: 6, limit: 100_000, coupons: 1, rows: 1_000 },
    { seed: 7, limit: null, coupons: 1, rows: 1_000 },
    { seed: 8, limit: null, coupons: 200, rows: 900 },
  ])(
    'limit $limit, $coupons coupons',
    async ({ seed, limit, coupons, rows }) => {
      const history = new History(importer, seed, coupons)
      await history.begin(limit)
      const first = history.makeFile(rows)
      const firstId = await history.import(first)
      await history.import(history.makeFile(rows))
      await history.import(first)
      await history.revert(firstId)
      await history.import(history.makeFile(rows))
      await history.import(first)
      await history.expectBooks(ownerUrl, limit ?? 0)
    },
    TIMEOUT_MS,
  )

  it(
    'while the limit changes: one, many, none, few, many, one, none',
    async () => {
      const history = new History(importer, 9, 6)
      const limits: Limit[] = [1, 40, null, 90, 300, 1, null, 350]
      const imports: number[] = []
      let before: string[] = []
      await history.begin(1)
      for (const [n, limit] of limits.entries()) {
        await history.setLimit(limit)
        const file = history.makeFile(250)
        imports.push(await history.import([...file, ...before.slice(0, 60)]))
        const reverted = imports[n - 2]
        if (n % 2 === 1 && reverted !== undefined) await history.revert(reverted)
        before = file
      }
      await history.expectBooks(ownerUrl, 350)
    },
    TIMEOUT_MS,
  )

  it(
    'of a series that had no limit at first',
    async () => {
      const history = new History(importer, 10, 5)
      await history.begin(null)
      const first = await history.import(history.makeFile(400))
      await history.setLimit(150)
      await history.import(history.makeFile(400))
      await history.revert(first)
      await history.import(history.makeFile(400))
      await history.expectBooks(ownerUrl, 150)
    },
    TIMEOUT_MS,
  )
})

it('rows of a dry run are kept for as long as it can be resumed', async () => {
  const history = new History(importer, 11, 3)
  await history.begin(2)
  await history.import(history.makeFile(20))
  const countRows = async (): Promise<unknown> =>
    (await queryOnce(ownerUrl, 'SELECT count(*)::int AS rows FROM dry_redemption'))[0]
  expect(await countRows()).toEqual({ rows: 0 })

  const [found] = await queryOnce<{ id: number }>(ownerUrl, 'SELECT max(id) AS id FROM import WHERE dry_run')
  const importId = found?.id ?? 0
  const endAs = async (status: string, daysAgo: number): Promise<unknown> =>
    queryOnce(
      ownerUrl,
      `UPDATE import SET status = $2, finished_at = now() - $3::int * interval '1 day', dry_rows_removed_at = NULL WHERE id = $1`,
      [importId, status, daysAgo],
    )
  await queryOnce(
    ownerUrl,
    `INSERT INTO dry_redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal, repeatable)
     SELECT 1, 1, 1, to_timestamp(n), $1, $2, n, n, true FROM generate_series(1, 25000) n`,
    [TEST_ORG, importId],
  )
  const resume = async (): Promise<boolean> =>
    (await resumeImport(importer.database, { orgId: TEST_ORG, importId, actor: TEST_ACTOR })) !== null
  await endAs('failed', 6)
  expect(await clearDryRuns(importer.database)).toBe(0)
  expect(await resume()).toBe(true)
  await endAs('cancelled', 9)
  expect(await resume()).toBe(false)
  expect(await countRows()).toEqual({ rows: 25_000 })
  expect(await clearDryRuns(importer.database)).toBe(1)
  expect(await countRows()).toEqual({ rows: 0 })
  expect(await clearDryRuns(importer.database)).toBe(0)
})

it('how rows are spread is what the first claim says, for every later one', async () => {
  const [made] = await queryOnce<{ id: number }>(
    ownerUrl,
    `INSERT INTO import (org_id, series_id, file_key, file_name, bytes, sha256, mapping)
     VALUES ($1, 1, 'spread', 'x.csv', 1, '', '{}') RETURNING id`,
    [TEST_ORG],
  )
  const importId = made?.id ?? 0
  const claim = async (jobId: string, partitionCount: number, partitionBy: 'coupon' | 'redemption') => {
    const claimed = await claimImport(importer.database, { importId, jobId, partitionCount, partitionBy })
    return { by: claimed?.record.partitionBy, partitions: claimed?.partitions.length }
  }
  expect(await claim('one', 3, 'redemption')).toEqual({ by: 'redemption', partitions: 3 })
  expect(await claim('two', 5, 'coupon')).toEqual({ by: 'redemption', partitions: 3 })
})
