/**
 * Each of the batch statements, held against the slow and obvious model of the contract (oracle/reference-model.ts). More
 * cases, and the whole system behind HTTP: long/oracle-against-system.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { findDifferences } from './oracle/compare-outcome.ts'
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
