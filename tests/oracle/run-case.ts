import type { WholeOutcome } from '../support/recorded-outcome.ts'
import type { DirectImporter } from '../support/direct-importer.ts'
import { findDifferences } from './compare-outcome.ts'
import { generateCase, type GeneratedCase } from './generate-case.ts'
import { evaluateCase } from './evaluate-case.ts'

/** What became of a case: of the prior file, if there is one, and of the file. */
export interface CaseOutcome {
  readonly prior: ImportResult | null
  readonly main: ImportResult
}

export interface ImportResult {
  readonly createdAtMs: number
  readonly outcome: WholeOutcome
}

/** So many cases with their names, from one seed on. */
export function makeCases(first: number, count: number, rows: number): [name: string, made: GeneratedCase][] {
  return Array.from({ length: count }, (_, n) => {
    const made = generateCase(first + n, { rows, nowMs: Date.now() })
    return [`seed ${made.seed}: ${made.customerIdentifier}, ${made.couponIdentifier}`, made]
  })
}

/** How an outcome differs from what the model says; nothing where they agree. */
export function compareWithModel(made: GeneratedCase, { prior, main }: CaseOutcome): string[] {
  const created = { priorMs: prior?.createdAtMs ?? 0, mainMs: main.createdAtMs }
  const expected = evaluateCase(made, created)
  return [
    ...(prior === null ? [] : findDifferences(prior.outcome, expected.prior, made.mapping)),
    ...findDifferences(main.outcome, expected.main, made.mapping),
  ]
}

/** What the importer makes of a case, one file after the other, without HTTP. */
export async function runDirectly(importer: DirectImporter, made: GeneratedCase): Promise<CaseOutcome> {
  const run = async (file: Buffer): Promise<ImportResult> => {
    const { importId, createdAtMs } = await importer.import({ ...made, file })
    return { createdAtMs, outcome: await importer.readOutcome(importId) }
  }
  await importer.load(made.reference)
  const prior = made.priorFile === null ? null : await run(made.priorFile)
  await importer.load(made.laterReference)
  return { prior, main: await run(made.file) }
}
