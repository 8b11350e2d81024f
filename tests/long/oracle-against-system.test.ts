/**
 * The whole system, as processes behind HTTP, held against the slow and obvious model of the contract
 * (oracle/reference-model.ts): every row's outcome, codes, fields and numbers, what was inserted, and the reports.
 */
import type { ImportView } from '@importer/client'
import type { ReferenceKind } from '@importer/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { changeFormat } from '../oracle/change-format.ts'
import { generateCase, type GeneratedCase } from '../oracle/generate-case.ts'
import { compareWithModel, makeCases, runDirectly, type CaseOutcome, type ImportResult } from '../oracle/run-case.ts'
import { DirectImporter } from '../support/direct-importer.ts'
import type { ImporterClient } from '../support/importer-client.ts'
import { readWholeOutcome, type WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startSystem, type RunningSystem } from '../support/running-system.ts'
import { createTestDatabase } from '../support/test-database.ts'

const TIMEOUT_MS = 60_000

// --- over HTTP ---

async function runOverHttp(system: RunningSystem, made: GeneratedCase): Promise<CaseOutcome> {
  await putReference(system.client, made.reference)
  const prior = made.priorFile === null ? null : await upload(system, made, made.priorFile)
  await putReference(system.client, made.laterReference)
  return { prior, main: await upload(system, made, made.file) }
}

async function putReference(client: ImporterClient, bodies: Partial<Record<ReferenceKind, string>>): Promise<void> {
  for (const [kind, csv] of Object.entries(bodies)) {
    expect(await client.putReference(kind as ReferenceKind, csv)).toMatchObject({ rejected: 0, errors: [] })
  }
}

async function upload(system: RunningSystem, made: GeneratedCase, file: Buffer): Promise<ImportResult> {
  const { jobId, createdOn } = await system.client.upload({ ...made, file })
  const view = await system.client.waitUntilFinished(jobId)
  expect(view).toMatchObject({ status: 'completed', failure: null, progress: { percent: 100 } })
  const outcome = await readWholeOutcome(system, jobId)
  expectCountsToAgree(view, outcome)
  return { createdAtMs: Number(createdOn), outcome }
}

/** What the API counts is what the tables hold. */
function expectCountsToAgree({ counts, errorsByCode }: ImportView, outcome: WholeOutcome): void {
  expect(counts).toEqual({
    rows: outcome.redemptions.length + outcome.duplicates.length + outcome.rejected.length,
    inserted: outcome.redemptions.length,
    duplicates: outcome.duplicates.length,
    rejected: outcome.rejected.length,
  })
  const rowsWithErrors = Object.values(errorsByCode).reduce((sum, rows) => sum + rows, 0)
  const codesOfRows = outcome.rejected.reduce((sum, { errors }) => sum + new Set(errors.map((e) => e >> 8)).size, 0)
  expect(rowsWithErrors).toBe(codesOfRows)
}

const SYSTEMS = [
  { partitions: 1, batchRows: 7, first: 1, count: 5, rows: 250 },
  { partitions: 4, batchRows: 7, first: 101, count: 5, rows: 250 },
  { partitions: 1, batchRows: 20_000, first: 201, count: 5, rows: 400 },
  { partitions: 4, batchRows: 20_000, first: 301, count: 5, rows: 400 },
]

describe.each(SYSTEMS)(
  '$partitions partitions, batches of $batchRows',
  ({ partitions, batchRows, first, count, rows }) => {
    let system: RunningSystem
    beforeAll(async () => {
      system = await startSystem({ partitions, batchRows, concurrency: 2 })
    })
    afterAll(async () => system.stop())

    it.concurrent.each(makeCases(first, count, rows))(
      '%s',
      async (_, made) => {
        expect(compareWithModel(made, await runOverHttp(system, made))).toEqual([])
      },
      TIMEOUT_MS,
    )
  },
)

describe.skipIf(!hasRedisServer())('with the queue on Redis', () => {
  let redis: RedisServer
  let system: RunningSystem
  beforeAll(async () => {
    redis = await startRedisServer()
    system = await startSystem({ partitions: 4, batchRows: 50, redisUrl: redis.url })
  })
  afterAll(async () => {
    await system.stop()
    await redis.stop()
  })

  it.concurrent.each(makeCases(401, 4, 250))(
    '%s',
    async (_, made) => {
      expect(compareWithModel(made, await runOverHttp(system, made))).toEqual([])
    },
    TIMEOUT_MS,
  )
})

describe('a gzip or a workbook comes out as its CSV', () => {
  let system: RunningSystem
  beforeAll(async () => {
    system = await startSystem({ partitions: 2, batchRows: 50, concurrency: 2 })
  })
  afterAll(async () => system.stop())

  const formats = (['gzip', 'workbook'] as const).flatMap((format) =>
    Array.from({ length: 6 }, (_, n) => [format, (format === 'gzip' ? 601 : 651) + n] as const),
  )
  it.concurrent.each(formats)(
    '%s, seed %i',
    async (format, seed) => {
      const plain = generateCase(seed, { rows: 250, nowMs: Date.now(), hasUnreadable: false })
      const made = await changeFormat(plain, format)
      expect(compareWithModel(made, await runOverHttp(system, made))).toEqual([])
    },
    TIMEOUT_MS,
  )
})

// --- each of the batch statements, without HTTP ---

describe.each([
  { statement: 'for first use, where it may be used', fastestStrategy: 'first-use' },
  { statement: 'for single use, where it may be used', fastestStrategy: 'single-use' },
  { statement: 'for series with a limit', fastestStrategy: 'limited' },
] as const)('the statement $statement', ({ fastestStrategy }) => {
  let importer: DirectImporter
  beforeAll(async () => {
    importer = await DirectImporter.open({ database: await createTestDatabase(), fastestStrategy })
  })
  afterAll(async () => importer.close())

  it.each(makeCases(501, 12, 250))(
    '%s',
    async (_, made) => {
      expect(compareWithModel(made, await runDirectly(importer, made))).toEqual([])
    },
    TIMEOUT_MS,
  )
})
