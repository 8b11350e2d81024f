/**
 * What is expected raises no error in PostgreSQL's log: imports that compete, dry runs beside them, an action that cancels a
 * batch, a claim or a revert, reference data that clashes or has to wait, an Idempotency-Key that is used twice.
 */
import { Readable } from 'node:stream'

import type { ColumnMapping } from '@importer/contracts'
import { cancelImport, createImport, ImportExistsError } from '@importer/db'
import { loadReference } from '@importer/imports'
import { afterEach, beforeAll, afterAll, expect, test } from 'vitest'

import type { Reference } from './oracle/reference-data.ts'
import { evaluate, type Recorded } from './oracle/reference-model.ts'
import { DirectImporter } from './support/direct-importer.ts'
import { blockCoupon, blockRedemptions } from './support/obstacle.ts'
import { openSession } from './support/open-session.ts'
import { startPostgresServer, type PostgresServer } from './support/postgres-server.ts'
import { queryOnce } from './support/query-once.ts'
import { TEST_ACTOR, TEST_ORG } from './support/running-system.ts'

const MAPPING: ColumnMapping = {
  customerIdentifier: 'USER_ID',
  couponIdentifier: 'COUPON_ID',
  positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
}
const AT = Date.UTC(2024, 0, 1)
const TIMEOUT_MS = 60_000

type Strategy = 'first-use' | 'single-use' | 'limited'
interface Kind {
  readonly name: string
  readonly limit: number | null
  readonly fastestStrategy: Strategy
}
const KINDS: readonly Kind[] = [
  { name: 'used once', limit: 1, fastestStrategy: 'first-use' },
  { name: 'used once, by the statement for competitors', limit: 1, fastestStrategy: 'single-use' },
  { name: 'used once, by the statement for any limit', limit: 1, fastestStrategy: 'limited' },
  { name: 'used three times', limit: 3, fastestStrategy: 'first-use' },
  { name: 'used without a limit', limit: null, fastestStrategy: 'first-use' },
]
const COUPONS = 40

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgresServer()
  await server.readLoggedErrors()
})
afterEach(async () => expect(await server.readLoggedErrors()).toEqual([]))

const importers = new Map<Strategy, DirectImporter>()
afterAll(async () => {
  for (const importer of importers.values()) await importer.close()
})

/** One partition, so that it is known which batch meets which. */
async function openImporter(fastestStrategy: Strategy): Promise<DirectImporter> {
  const known = importers.get(fastestStrategy)
  if (known !== undefined) return known
  const options = { database: server, partitionCount: 1, batchRows: 500, fastestStrategy }
  const importer = await DirectImporter.open(options)
  importers.set(fastestStrategy, importer)
  return importer
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A series of its own, with coupons of its own. */
class Series {
  readonly kind: Kind
  readonly id: number
  readonly importer: DirectImporter

  private constructor(kind: Kind, id: number, importer: DirectImporter) {
    this.kind = kind
    this.id = id
    this.importer = importer
  }

  static async open(kind: Kind, id: number): Promise<Series> {
    const series = new Series(kind, id, await openImporter(kind.fastestStrategy))
    await series.importer.load({
      series: `id,maxRedemptionsPerCoupon\n${id},${kind.limit ?? ''}\n`,
      tills: 'id\n7\n',
      customers: `id\n${numbers(9).join('\n')}\n`,
      coupons: `id,seriesId,code\n${numbers(COUPONS)
        .map((n) => `${series.coupon(n)},${id},K${series.coupon(n)}\n`)
        .join('')}`,
    })
    return series
  }

  coupon(n: number): number {
    return this.id * 100 + n
  }

  /** By a customer, at a minute. */
  row(coupon: number, customer: number, minute = 0): string {
    return `${AT + minute * 60_000},7,${customer},${this.coupon(coupon)}`
  }

  async start(lines: readonly string[], dryRun = false): Promise<{ importId: number; createdAtMs: number }> {
    const file = Buffer.from(`${lines.join('\n')}\n`)
    return this.importer.import({ seriesId: this.id, mapping: MAPPING, file, dryRun })
  }

  /** What the model says of an import, and what it then has recorded. */
  evaluate(lines: readonly string[], createdAtMs: number, recorded: readonly Recorded[]) {
    const { rows } = evaluate({
      createdAtMs,
      mapping: MAPPING,
      seriesId: this.id,
      reference: this.#reference(),
      recorded: [...recorded],
      records: lines.map((text, n) => ({ kind: 'cells', line: n + 1, cells: text.split(',') })),
    })
    return {
      outcomes: rows.map(({ outcome, codes }) => (outcome === 'rejected' ? codes.join('; ') : outcome)),
      recorded: rows.flatMap(({ outcome, redemption }) =>
        outcome === 'inserted' && redemption !== null ? [redemption] : [],
      ),
    }
  }

  async readOutcomes(importId: number): Promise<string[]> {
    const found: string[] = []
    for (const outcome of ['inserted', 'duplicate', 'rejected'] as const) {
      for (const line of (await this.importer.readReport(importId, outcome)).split('\n').slice(1, -1)) {
        const cells = line.split(',')
        found[Number(cells[4]) - 1] = outcome === 'rejected' ? (cells[6] ?? '') : outcome
      }
    }
    return found
  }

  #reference(): Reference {
    const text = { mobile: '', email: '', externalId: '' }
    return {
      series: [
        {
          id: String(this.id),
          maxRedemptionsPerCoupon: String(this.kind.limit ?? ''),
          validFrom: '',
          validTill: '',
        },
      ],
      customers: numbers(9).map((id) => ({ id: String(id), ...text })),
      tills: [{ id: '7' }],
      coupons: numbers(COUPONS).map((n) => ({
        id: String(this.coupon(n)),
        seriesId: String(this.id),
        code: `K${this.coupon(n)}`,
        customerId: '',
        status: '',
        expiresAt: '',
      })),
    }
  }
}

test.each(KINDS.map((kind, n) => ({ ...kind, n })))(
  'of two imports that meet at coupons $name',
  async ({ n, ...kind }) => {
    const series = await Series.open(kind, n + 1)
    const all = numbers(COUPONS)
    const first = [
      ...all.map((coupon) => series.row(coupon, 1)),
      ...all.slice(0, 10).map((coupon) => series.row(coupon, 2, 1)),
    ]
    const second = [
      // The same redemption; another of the same coupon; more than there are left.
      ...all.slice(0, 20).map((coupon) => series.row(coupon, 1)),
      ...all.slice(10, 30).map((coupon) => series.row(coupon, 3, 2)),
      ...all.slice(0, 10).flatMap((coupon) => [series.row(coupon, 4, 3), series.row(coupon, 5, 4)]),
    ]
    // The first import stands in the middle of its only batch, at the last coupon, when the second one meets its redemptions.
    const obstacle = await blockCoupon(server.ownerUrl, `${series.coupon(COUPONS - 1)}/1/7/${AT}`)
    const firstMade = series.start(first)
    await obstacle.waitUntilMet()
    const dryMade = await series.start(second, true)
    const secondMade = series.start(second)
    await obstacle.waitForMore(2, TIMEOUT_MS)
    await obstacle.remove()
    const [one, two] = await Promise.all([firstMade, secondMade])

    const before = series.evaluate(second, dryMade.createdAtMs, [])
    expect(await series.readOutcomes(dryMade.importId)).toEqual(before.outcomes)
    const expected = series.evaluate(first, one.createdAtMs, [])
    expect(await series.readOutcomes(one.importId)).toEqual(expected.outcomes)
    const after = series.evaluate(second, two.createdAtMs, expected.recorded)
    expect(await series.readOutcomes(two.importId)).toEqual(after.outcomes)
    expect(new Set(after.outcomes).size).toBeGreaterThan(1)
  },
  TIMEOUT_MS,
)

test.each(KINDS.map((kind, n) => ({ ...kind, n })))(
  'of four imports of the same rows at once, coupons $name',
  async ({ n, ...kind }) => {
    const series = await Series.open(kind, n + 11)
    const lines = numbers(4_000).map((row) => series.row(row % COUPONS, 1 + (row % 7), row))
    const imports = await Promise.all(numbers(4).map(async () => series.start(lines)))
    const outcomes = await Promise.all(imports.map(async ({ importId }) => series.readOutcomes(importId)))
    const inserted = outcomes.flat().filter((outcome) => outcome === 'inserted')
    const model = series.evaluate(lines, imports[0]?.createdAtMs ?? 0, [])
    expect(inserted).toHaveLength(model.recorded.length)
    const range = [series.coupon(0), series.coupon(COUPONS)]
    const [found] = await queryOnce(
      server.ownerUrl,
      'SELECT count(*)::int AS rows FROM redemption WHERE coupon_id >= $1 AND coupon_id < $2',
      range,
    )
    expect(found).toEqual({ rows: model.recorded.length })
  },
  TIMEOUT_MS,
)

/** An import of two rows whose batch is held up in the middle of its statement. */
async function holdUpBatch(n: number) {
  const series = await Series.open({ name: '', limit: 1, fastestStrategy: 'first-use' }, n)
  const obstacle = await blockCoupon(server.ownerUrl, `${series.coupon(1)}/1/7/${AT}`)
  const { importer } = series
  const file = Buffer.from(`${series.row(0, 1)}\n${series.row(1, 1)}\n`)
  const { importId } = await importer.create({ seriesId: series.id, mapping: MAPPING, file })
  const run = importer.run(importId)
  await obstacle.waitUntilMet()
  return { series, obstacle, importer, importId, run }
}

test('of a batch that an action cancels', async () => {
  const { series, obstacle, importer, importId, run } = await holdUpBatch(21)
  const action = { orgId: TEST_ORG, importId, actor: TEST_ACTOR }
  expect(await cancelImport(importer.database, action)).toBe(true)
  expect(await run).toEqual({ status: 'finished' })
  await obstacle.remove()
  expect(await series.readOutcomes(importId)).toEqual([])
})

test('of a take-over that an action cancels while it waits for the batch of the worker before', async () => {
  const { series, obstacle, importer, importId, run } = await holdUpBatch(22)
  const takeOver = importer.run(importId)
  await obstacle.waitForMore(2, TIMEOUT_MS)
  const action = { orgId: TEST_ORG, importId, actor: TEST_ACTOR }
  expect(await cancelImport(importer.database, action)).toBe(true)
  expect(await Promise.all([run, takeOver])).toEqual([{ status: 'finished' }, { status: 'finished' }])
  await obstacle.remove()
  expect(await series.readOutcomes(importId)).toEqual([])
})

test('of a revert whose batch is cancelled, and that goes on', async () => {
  const series = await Series.open({ name: '', limit: 1, fastestStrategy: 'first-use' }, 23)
  const { importer } = series
  const { importId } = await series.start([series.row(0, 1), series.row(1, 1)])
  const obstacle = await blockRedemptions(server.ownerUrl, importId)
  const reverted = importer.revert(importId)
  const pid = await obstacle.waitUntilMet()
  // As an action does with what is in its way.
  const cancelled = queryOnce(server.ownerUrl, 'SELECT pg_cancel_backend($1)', [pid])
  await Promise.all([cancelled, expect(reverted).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })])
  await obstacle.remove()
  await importer.goOnReverting(importId)
  expect(await series.readOutcomes(importId)).toEqual([])
})

test('of a coupon that is to be moved while a batch redeems it', async () => {
  const series = await Series.open({ name: '', limit: 1, fastestStrategy: 'first-use' }, 24)
  const other = await Series.open({ name: '', limit: 1, fastestStrategy: 'first-use' }, 25)
  const obstacle = await blockCoupon(server.ownerUrl, `${series.coupon(1)}/1/7/${AT}`)
  const made = series.start([series.row(0, 1), series.row(1, 1)])
  await obstacle.waitUntilMet()
  const loaded = loadReference({
    database: series.importer.database,
    orgId: TEST_ORG,
    kind: 'coupons',
    body: Readable.from([Buffer.from(`id,seriesId\n${series.coupon(0)},${other.id}\n`)]),
  })
  await obstacle.waitForMore(2, TIMEOUT_MS)
  await obstacle.remove()
  expect(await loaded).toMatchObject({ updated: 0, errors: [{ code: 'COUPON_REDEEMED' }] })
  await made
})

test('of a change of reference data that cannot wait for a batch any longer', async () => {
  const series = await Series.open({ name: '', limit: 1, fastestStrategy: 'first-use' }, 26)
  await queryOnce(server.ownerUrl, `ALTER FUNCTION await_batches() SET lock_timeout = '50ms'`)
  const obstacle = await blockCoupon(server.ownerUrl, `${series.coupon(1)}/1/7/${AT}`)
  const made = series.start([series.row(0, 1), series.row(1, 1)])
  await obstacle.waitUntilMet()
  const change = series.importer.load({ series: `id,maxRedemptionsPerCoupon\n${series.id},\n` })
  await expect(change).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  await obstacle.remove()
  await made
})

test('of reference data whose values belong to others', async () => {
  const importer = await openImporter('first-use')
  const load = async (csv: string) =>
    loadReference({
      database: importer.database,
      orgId: TEST_ORG,
      kind: 'customers',
      body: Readable.from([Buffer.from(csv)]),
    })
  await load('id,mobile\n101,4912345\n102,4912346\n')
  // One wants a value of another row; two want the same one.
  expect(await load('id,mobile\n103,4912345\n104,4912347\n105,4912347\n')).toMatchObject({
    inserted: 1,
    errors: [{ code: 'ALREADY_TAKEN' }, { code: 'ALREADY_TAKEN' }],
  })
})

test('of an upload whose Idempotency-Key another request has used meanwhile', async () => {
  const importer = await openImporter('first-use')
  const create = async (fileKey: string) =>
    createImport(importer.database, {
      orgId: TEST_ORG,
      seriesId: 1n,
      fileKey,
      fileName: 'x.csv',
      bytes: 1,
      sha256: '',
      mapping: MAPPING,
      details: null,
      metadata: null,
      idempotency: { key: 'once', requestHash: '' },
    })
  await create('first')
  await expect(create('second')).rejects.toThrow(ImportExistsError)
})

test('but a statement that takes too long is an error there', async () => {
  const holder = await openSession(server.ownerUrl)
  await holder.query('BEGIN; LOCK TABLE till')
  const session = await openSession(server.ownerUrl)
  await session.query(`SET statement_timeout = '100ms'`)
  const waiting = session.query(`SELECT try_statement('SELECT count(*) FROM till', '{}')`)
  await expect(waiting).rejects.toMatchObject({ code: '57014' })
  await Promise.all([holder.end(), session.end()])
  expect(await server.readLoggedErrors()).toEqual([expect.stringContaining('ERROR: ')])
})
