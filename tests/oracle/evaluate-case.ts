import type { GeneratedCase } from './generate-case.ts'
import { evaluate, type Evaluation } from './reference-model.ts'

/** When the case's imports were created, as the system tells it; epoch ms. */
export interface CreationTimes {
  readonly priorMs: number
  readonly mainMs: number
}

/** What must become of the prior file and then, with the later reference data, of the file. */
export function evaluateCase(made: GeneratedCase, created: CreationTimes): { prior: Evaluation; main: Evaluation } {
  const { mapping, seriesId } = made
  const prior = evaluate({
    createdAtMs: created.priorMs,
    mapping,
    seriesId,
    reference: made.referenceRows,
    recorded: [],
    records: made.priorRecords,
  })
  const main = evaluate({
    createdAtMs: created.mainMs,
    mapping,
    seriesId,
    reference: made.laterReferenceRows,
    recorded: prior.recorded,
    records: made.records,
  })
  return { prior, main }
}
