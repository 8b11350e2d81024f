import { startPostgresProxy, type Cut } from '../support/postgres-proxy.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { startSystem } from '../support/running-system.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { FAULT_SYSTEM, loadReference, uploadFile, waitForOutcome, type FaultCase } from './fault-case.ts'

export interface CutImport {
  readonly fault: FaultCase
  /** What is done to which batch of this import, counted from 1 and over its partitions together, those sent again too. */
  readonly cuts: Readonly<Partial<Record<number, Cut>>>
}

export interface CutRun {
  readonly outcome: WholeOutcome
  readonly cuts: readonly Cut[]
}

/** Imports one case after the other; the worker's connections pass a proxy that cuts them as the test says. */
export async function cutConnections(imports: readonly CutImport[], redisUrl?: string): Promise<CutRun[]> {
  const database = await createTestDatabase()
  let current: CutImport['cuts'] = {}
  let firstBatch = 0
  let lastBatch = 0
  const proxy = await startPostgresProxy(database.url, (batch) => {
    lastBatch = batch
    return current[batch - firstBatch] ?? null
  })
  const system = await startSystem({ ...FAULT_SYSTEM, database, redisUrl, workerDatabaseUrl: proxy.url })
  const runs: CutRun[] = []
  for (const { fault, cuts } of imports) {
    await loadReference(system.client, fault)
    current = cuts
    firstBatch = lastBatch
    const before = proxy.cuts.length
    const outcome = await waitForOutcome(system, await uploadFile(system.client, fault))
    runs.push({ outcome, cuts: proxy.cuts.slice(before).map(({ cut }) => cut) })
  }
  await system.stop()
  await proxy.stop()
  return runs
}
