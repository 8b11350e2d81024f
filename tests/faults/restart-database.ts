import { blockCoupon } from '../support/obstacle.ts'
import { startPostgresServer } from '../support/postgres-server.ts'
import { queryOnce } from '../support/query-once.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { startSystem } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM, loadReference, spreadCoupons, uploadFile, waitForOutcome, type FaultCase } from './fault-case.ts'

export interface RestartedRun {
  readonly outcome: WholeOutcome
  /** From each return of the database to the next claim. */
  readonly takeOversMs: readonly number[]
}

/** Restarts the database at once while a batch is in the middle of its statement, so many times in one import. */
export async function restartDatabase(
  fault: FaultCase,
  { redisUrl, restarts }: { redisUrl: string | undefined; restarts: number },
): Promise<RestartedRun> {
  const server = await startPostgresServer()
  const system = await startSystem({ ...FAULT_SYSTEM, database: server, redisUrl })
  await loadReference(system.client, fault)
  const [first = '', ...others] = spreadCoupons(fault, restarts)
  let obstacle = await blockCoupon(server.url, first)
  const importId = await uploadFile(system.client, fault)
  const takeOversMs: number[] = []
  for (const next of [...others, null]) {
    await obstacle.waitUntilMet()
    // It takes the obstacle along, as it takes every transaction.
    await server.restartAtOnce()
    const backAt = performance.now()
    await obstacle.remove()
    if (next !== null) obstacle = await blockCoupon(server.url, next)
    await waitUntil('the import went on', async () => {
      const [row] = await queryOnce<{ fencingToken: number }>(
        server.url,
        'SELECT lease AS "fencingToken" FROM import WHERE id = $1',
        [importId],
      )
      return row !== undefined && row.fencingToken > takeOversMs.length + 1
    })
    takeOversMs.push(performance.now() - backAt)
  }
  const outcome = await waitForOutcome(system, importId)
  await system.stop()
  return { outcome, takeOversMs }
}
