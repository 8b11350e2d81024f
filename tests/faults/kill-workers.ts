import { blockCoupon, blockImport, lockPartitions, type Obstacle } from '../support/obstacle.ts'
import { queryOnce } from '../support/query-once.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { startSystem, type SystemOptions } from '../support/running-system.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM, loadReference, spreadCoupons, uploadFile, waitForOutcome, type FaultCase } from './fault-case.ts'

export interface KilledRun {
  readonly outcome: WholeOutcome
  readonly kills: number
  /** From each death to the next worker's claim. */
  readonly takeOversMs: readonly number[]
}

/**
 * Instants in a batch's life at which its worker dies:
 * `committed`: the database is in the middle of the statement and, without the worker, goes on to commit it.
 * `lost`: it is in the middle of the statement and rolls it back. `after`: the batch has just been committed.
 * `between`: one batch is committed and the next has not begun.
 */
const INSTANTS = ['committed', 'lost', 'after', 'between'] as const

/**
 * Imports a case while its worker is killed again and again, each time starting a new one: at the claim, `inBatches`
 * times around batches spread over the whole file, and when all that remains is to say that the import is complete.
 */
export async function killWorkers(
  fault: FaultCase,
  { redisUrl, inBatches, env = {} }: { redisUrl: string | undefined; inBatches: number; env?: SystemOptions['env'] },
): Promise<KilledRun> {
  const system = await startSystem({ ...FAULT_SYSTEM, redisUrl, env })
  const { ownerUrl, client } = system
  const takeOversMs: number[] = []
  let kills = 0
  const readFencingToken = async (importId: number): Promise<number> => {
    const [row] = await queryOnce<{ fencingToken: number }>(
      ownerUrl,
      'SELECT lease AS "fencingToken" FROM import WHERE id = $1',
      [importId],
    )
    return row?.fencingToken ?? 0
  }
  const kill = async (): Promise<number> => {
    kills += 1
    await system.worker.kill('SIGKILL')
    return performance.now()
  }
  const takeOver = async (importId: number, diedAt: number): Promise<void> => {
    const fencingToken = await readFencingToken(importId)
    await system.startWorker()
    await waitUntil('another worker took the import', async () => (await readFencingToken(importId)) > fencingToken)
    takeOversMs.push(performance.now() - diedAt)
  }

  await loadReference(client, fault)
  const coupons = spreadCoupons(fault, inBatches + 1)
  let obstacle = await blockCoupon(ownerUrl, coupons[0] ?? '')

  // At the claim, before anything is written.
  system.worker.freeze()
  const importId = await uploadFile(client, fault)
  const claim = await blockImport(ownerUrl, importId)
  system.worker.thaw()
  await claim.waitUntilMet()
  const diedAtClaim = await kill()
  await claim.terminateHeld()
  await claim.remove()
  await takeOver(importId, diedAtClaim)

  for (const [n, following] of coupons.slice(1).entries()) {
    await obstacle.waitUntilMet()
    const next = await blockCoupon(ownerUrl, following)
    const instant = INSTANTS[n % INSTANTS.length] ?? 'after'
    const diedAt = await dieAt(instant, { ownerUrl, coupon: coupons[n] ?? '', obstacle, kill })
    await waitUntil('the sessions of the dead worker have ended', async () => {
      // It may have come as far as the next obstacle, and would hold its partition there.
      await next.terminateHeld()
      const sessions = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'worker'`
      return (await queryOnce(ownerUrl, sessions)).length === 0
    })
    await takeOver(importId, diedAt)
    obstacle = next
  }

  // When every row is committed, and that the import is complete is not.
  await obstacle.waitUntilMet()
  const completion = await blockImport(ownerUrl, importId)
  await obstacle.remove()
  await completion.waitUntilMet()
  const diedAtCompletion = await kill()
  await completion.terminateHeld()
  await completion.remove()
  await takeOver(importId, diedAtCompletion)

  const outcome = await waitForOutcome(system, importId)
  await system.stop()
  return { outcome, kills, takeOversMs }
}

interface Scene {
  readonly ownerUrl: string
  readonly coupon: string
  readonly obstacle: Obstacle
  readonly kill: () => Promise<number>
}

async function dieAt(instant: (typeof INSTANTS)[number], { ownerUrl, coupon, obstacle, kill }: Scene): Promise<number> {
  switch (instant) {
    case 'committed': {
      const diedAt = await kill()
      await obstacle.remove()
      await waitUntilRecorded(ownerUrl, coupon)
      return diedAt
    }
    case 'lost': {
      const diedAt = await kill()
      await obstacle.terminateHeld()
      await obstacle.remove()
      return diedAt
    }
    case 'after': {
      await obstacle.remove()
      await waitUntilRecorded(ownerUrl, coupon)
      return kill()
    }
    case 'between': {
      // Granted when the batches under way have ended, and before those that follow.
      const lock = lockPartitions(ownerUrl)
      await lock.isRequested
      await obstacle.remove()
      const granted = await lock.granted
      const diedAt = await kill()
      await granted.terminateHeld()
      await granted.remove()
      return diedAt
    }
  }
}

async function waitUntilRecorded(ownerUrl: string, redemption: string): Promise<void> {
  const [couponId, customerId, tillId, ms] = redemption.split('/')
  const recorded = `SELECT FROM redemption WHERE coupon_id = $1 AND customer_id = $2 AND till_id = $3
                    AND redeemed_at = to_timestamp($4::float8 / 1000)`
  await waitUntil('the batch was committed', async () => {
    return (await queryOnce(ownerUrl, recorded, [couponId, customerId, tillId, ms])).length > 0
  })
}
