import { findDifferences } from '../oracle/compare-outcome.ts'
import type { GeneratedCase } from '../oracle/generate-case.ts'
import type { EvaluatedRow, Evaluation } from '../oracle/reference-model.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'

export interface CheckedCopies {
  /** What is not as the model has it, as lines of text. */
  readonly differences: string[]
  /** Whether more than one copy inserted rows: they competed. */
  readonly haveCompeted: boolean
}

/**
 * Several imports of one file at once: each row that the model inserts is inserted by one of them, whichever, and a duplicate in the
 * others; every other row has the same outcome in all. Within each import the first in the file wins, so nothing else can happen.
 */
export function checkCopies(
  outcomes: readonly WholeOutcome[],
  evaluation: Evaluation,
  made: GeneratedCase,
): CheckedCopies {
  const insertedBy = outcomes.map(({ redemptions }) => new Set(redemptions.map(({ row }) => row)))
  const differences = outcomes.flatMap((outcome, n) => {
    const expected = { ...evaluation, rows: evaluation.rows.map((row) => expectOfCopy(row, insertedBy, n)) }
    return findDifferences(outcome, expected, made.mapping).map((line) => `copy ${n + 1}: ${line}`)
  })
  for (const { rowNumber, outcome } of evaluation.rows) {
    const times = insertedBy.filter((rows) => rows.has(rowNumber)).length
    if (outcome === 'inserted' && times !== 1) differences.push(`row ${rowNumber} was inserted ${times} times`)
  }
  return { differences, haveCompeted: insertedBy.filter((rows) => rows.size > 0).length > 1 }
}

function expectOfCopy(row: EvaluatedRow, insertedBy: readonly ReadonlySet<number>[], copy: number): EvaluatedRow {
  const isElsewhere = insertedBy.some((rows, n) => n !== copy && rows.has(row.rowNumber))
  const isHere = insertedBy[copy]?.has(row.rowNumber) === true
  return row.outcome === 'inserted' && isElsewhere && !isHere ? { ...row, outcome: 'duplicate' } : row
}
