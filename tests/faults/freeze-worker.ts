import { blockCoupon } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { startSystem } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM, loadReference, spreadCoupons, uploadFile, waitForOutcome, type FaultCase } from './fault-case.ts'

/** One partition: while the new holder is held up, whatever the checkpoint does is the old one's doing. */
export const FROZEN_SYSTEM = { ...FAULT_SYSTEM, partitions: 1 } as const

export interface FrozenRun {
  readonly outcome: WholeOutcome
  /** Fencing token and checkpoint before the frozen worker came back, and after it had found out that it lost the import. */
  readonly before: readonly unknown[]
  readonly after: readonly unknown[]
}

/** Freezes a worker amid an import until another one has taken over and gone on, then lets it go on as well. */
export async function freezeWorker(fault: FaultCase, redisUrl: string | undefined): Promise<FrozenRun> {
  const system = await startSystem({ ...FROZEN_SYSTEM, redisUrl })
  const { ownerUrl, client, worker: frozen } = system
  await loadReference(client, fault)
  const [near = '', far = ''] = spreadCoupons(fault, 2)
  const first = await blockCoupon(ownerUrl, near)
  const second = await blockCoupon(ownerUrl, far)
  const importId = await uploadFile(client, fault)
  await first.waitUntilMet()
  frozen.freeze()
  // Its batch is committed all the same; it will hear of that when it is let go on, and send the next one.
  await first.remove()
  await system.startWorker()
  await second.waitUntilMet()

  const readPartitions = async (): Promise<unknown[]> =>
    queryOnce(ownerUrl, 'SELECT lane, lease AS "fencingToken", next_row FROM import_lane WHERE import_id = $1', [
      importId,
    ])
  const before = await readPartitions()
  frozen.thaw()
  await waitUntil('the frozen worker noticed that it had lost the job', () =>
    frozen.readOutput().includes('lost the lock of a job'),
  )
  const after = await readPartitions()
  await second.remove()
  const outcome = await waitForOutcome(system, importId)
  await system.stop()
  return { outcome, before, after }
}
