import { findDifferences } from '../oracle/compare-outcome.ts'
import { generateCase, type GeneratedCase } from '../oracle/generate-case.ts'
import { evaluate, type Evaluation } from '../oracle/reference-model.ts'
import type { ReferenceKind } from '@importer/contracts'
import type { ImporterClient } from '../support/importer-client.ts'
import { readWholeOutcome, type WholeOutcome } from '../support/recorded-outcome.ts'
import { startSystem, type RunningSystem, type SystemOptions } from '../support/running-system.ts'

/** A file with every kind of row, what must become of it, and where in it a worker can be stopped. */
export interface FaultCase {
  readonly made: GeneratedCase
  readonly evaluation: Evaluation
  /** The first redemption of each coupon that the file redeems, in the order of the file. */
  readonly firsts: readonly FirstRedemption[]
}

interface FirstRedemption {
  /** As blockCoupon takes it. */
  readonly redemption: string
  /** Where in the file, from 0 to 1. */
  readonly at: number
}

/** A file is disturbed at so many places at most, and its parts hold about as many rows each. */
const PARTS = 20

/** What is the same in the disturbed run and in the undisturbed one. */
export const FAULT_SYSTEM = { partitions: 2, batchRows: 50, concurrency: 2 } as const satisfies SystemOptions

/** `variant` gives another file of the same size, which can be imported beside the others. */
export function makeFaultCase(rows: number, variant = 0): FaultCase {
  // A file that names coupons in two ways has one partition only, and there are to be several.
  for (let seed = 1_000 * (variant + 1); ; seed += 1) {
    const nowMs = Date.now()
    const { positions } = generateCase(seed, { rows: 10, nowMs }).mapping
    if (positions.couponId !== undefined && positions.couponCode !== undefined) continue
    const made = generateCase(seed, { rows, nowMs })
    const evaluation = evaluate({
      createdAtMs: nowMs,
      mapping: made.mapping,
      seriesId: made.seriesId,
      reference: made.referenceRows,
      recorded: [],
      records: made.records,
    })
    const firsts = new Map<string, FirstRedemption>()
    let inserted = 0
    for (const [n, { outcome, redemption }] of evaluation.rows.entries()) {
      if (outcome !== 'inserted' || redemption === null) continue
      inserted += 1
      const { couponId, customerId, tillId, redeemedAtMs } = redemption
      if (firsts.has(couponId)) continue
      firsts.set(couponId, {
        redemption: [couponId, customerId, tillId, redeemedAtMs].join('/'),
        at: n / evaluation.rows.length,
      })
    }
    // A series whose rules reject nearly everything leaves too little to be disturbed, and one with few coupons has all
    // of them at its beginning.
    const parts = new Set([...firsts.values()].map(({ at }) => Math.floor(at * PARTS)))
    if (inserted >= rows / 5 && parts.size === PARTS) return { made, evaluation, firsts: [...firsts.values()] }
  }
}

/** So many first redemptions, evenly spread over the file's rows. */
export function spreadCoupons({ firsts }: FaultCase, count: number): string[] {
  if (count > PARTS) throw new Error(`a file has ${PARTS} places where it can be disturbed, not ${count}`)
  return Array.from({ length: count }, (_, n) => {
    const middle = (n + 0.5) / count
    const distance = ({ at }: FirstRedemption): number => Math.abs(at - middle)
    return firsts.reduce((best, each) => (distance(each) < distance(best) ? each : best)).redemption
  })
}

export async function loadReference(client: ImporterClient, { made }: FaultCase): Promise<void> {
  for (const [kind, csv] of Object.entries(made.reference)) {
    const { rejected } = await client.putReference(kind as ReferenceKind, csv)
    if (rejected > 0) throw new Error(`${rejected} rows of the ${kind} were rejected`)
  }
}

/** Uploads the case's file and gives its import's id. */
export async function uploadFile(client: ImporterClient, { made }: FaultCase): Promise<number> {
  return (await client.upload(made)).jobId
}

/** What becomes of the cases when nothing happens to anybody. It is also what the model says. */
export async function runUndisturbed(
  cases: readonly FaultCase[],
  options: SystemOptions = FAULT_SYSTEM,
): Promise<WholeOutcome[]> {
  const system = await startSystem(options)
  const outcomes: WholeOutcome[] = []
  for (const each of cases) {
    await loadReference(system.client, each)
    const outcome = await waitForOutcome(system, await uploadFile(system.client, each))
    const differences = findDifferences(outcome, each.evaluation, each.made.mapping)
    if (differences.length > 0) throw new Error(`even undisturbed it goes wrong:\n${differences.join('\n')}`)
    outcomes.push(outcome)
  }
  await system.stop()
  return outcomes
}

export async function waitForOutcome(
  system: Pick<RunningSystem, 'client' | 'ownerUrl'>,
  importId: number,
): Promise<WholeOutcome> {
  const view = await system.client.waitUntilFinished(importId, 90_000)
  if (view.status !== 'completed') throw new Error(`import ${importId}: ${JSON.stringify(view)}`)
  return readWholeOutcome(system, importId)
}
