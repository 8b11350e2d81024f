/**
 * Each of the batch statements, held against the slow and obvious model of the contract (oracle/reference-model.ts). More
 * cases, and the whole system behind HTTP: long/oracle-against-system.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { findDifferences, findDryRunDifferences } from './oracle/compare-outcome.ts'
import { generateCase } from './oracle/generate-case.ts'
import { evaluateCase } from './oracle/evaluate-case.ts'
import { compareWithModel, makeCases, runDirectly } from './oracle/run-case.ts'
import { DirectImporter } from './support/direct-importer.ts'
import type { WholeOutcome } from './support/recorded-outcome.ts'
import { createTestDatabase } from './support/test-database.ts'

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

  it.each(makeCases(501, 4, 250))('%s', async (_, made) => {
    expect(compareWithModel(made, await runDirectly(importer, made))).toEqual([])
  })
})

it('reports the smallest difference', async () => {
  const importer = await DirectImporter.open({ database: await createTestDatabase() })
  const made = generateCase(601, { rows: 200, nowMs: Date.now() })
  const { prior, main } = await runDirectly(importer, made)
  await importer.close()
  const { outcome } = main
  const evaluated = evaluateCase(made, { priorMs: prior?.createdAtMs ?? 0, mainMs: main.createdAtMs }).main
  const find = (changed: Partial<WholeOutcome>): string[] =>
    findDifferences({ ...outcome, ...changed }, evaluated, made.mapping)

  expect(find({})).toEqual([])
  expect(find({ redemptions: outcome.redemptions.slice(1) })).toHaveLength(1)
  expect(find({ redemptions: outcome.redemptions.map((each) => ({ ...each, ms: each.ms + 1 })) })).not.toEqual([])
  expect(find({ duplicates: [...outcome.duplicates, 1_000] })).toHaveLength(1)
  expect(find({ rejected: outcome.rejected.map((each) => ({ ...each, line: each.line + 1 })) })).not.toEqual([])
  expect(find({ errorsCsv: outcome.errorsCsv.replace('INVALID_DATE', 'MISSING_VALUE') })).toHaveLength(1)
  expect(find({ insertedCsv: outcome.errorsCsv })).toHaveLength(1)
})

it('reports what a dry run has recorded, and what it tells that is not so', async () => {
  const importer = await DirectImporter.open({ database: await createTestDatabase() })
  const made = { ...generateCase(602, { rows: 200, nowMs: Date.now() }), priorRecords: [] }
  await importer.load(made.reference)
  await importer.load(made.laterReference)
  const dryRun = await importer.import({ ...made, dryRun: true })
  const outcome = await importer.readOutcome(dryRun.importId)
  const real = await importer.readOutcome((await importer.import(made)).importId)
  await importer.close()
  const evaluated = evaluateCase(made, { priorMs: 0, mainMs: dryRun.createdAtMs }).main
  const find = (changed: Partial<WholeOutcome>): string[] =>
    findDryRunDifferences({ ...outcome, ...changed }, evaluated, made.mapping)

  expect(find({})).toEqual([])
  expect(find({ redemptions: real.redemptions.slice(0, 1) })).toHaveLength(1)
  expect(find({ duplicates: [...outcome.duplicates, 1_000] })).toHaveLength(1)
  expect(find({ insertedCsv: outcome.errorsCsv })).toHaveLength(1)
})
