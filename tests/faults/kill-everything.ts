import { blockCoupon, type Obstacle } from '../support/obstacle.ts'
import { readWholeOutcome, type WholeOutcome } from '../support/recorded-outcome.ts'
import { killIfThere, startSupervisedSystem, type SupervisedSystem } from '../support/supervised-system.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FAULT_SYSTEM, loadReference, spreadCoupons, uploadFile, type FaultCase } from './fault-case.ts'

export type Victim = 'everything' | 'postgres' | 'worker' | 'intake'

export interface SupervisedRun {
  readonly outcome: WholeOutcome
  /** From each death until everything answered again and the import had gone on, in ms. */
  readonly recoveriesMs: readonly (readonly [Victim, number])[]
  readonly ending: string
}

/**
 * Imports a case under the real supervisor with its embedded PostgreSQL, and kills its parts one after the other, each
 * time while a batch is in the middle of its statement.
 */
export async function killUnderSupervisor(fault: FaultCase, victims: readonly Victim[]): Promise<SupervisedRun> {
  const system = await startSupervisedSystem(FAULT_SYSTEM)
  await loadReference(system.client, fault)
  const [first = '', ...others] = spreadCoupons(fault, victims.length + 1)
  let obstacle = await putUpObstacle(system, first)
  const importId = await uploadFile(system.client, fault)
  const recoveriesMs: [Victim, number][] = []
  for (const [n, victim] of victims.entries()) {
    await obstacle.waitUntilMet()
    const diedAt = performance.now()
    const back = await kill(system, victim)
    if (victim === 'worker' || victim === 'intake') await back()
    // The database's death takes the obstacles along; a worker's leaves its session behind, held up.
    const next = await putUpObstacle(system, others[n] ?? '')
    if (victim === 'worker' || victim === 'intake') await obstacle.terminateHeld()
    await obstacle.remove()
    await back()
    await waitUntil('everything answers', async () => {
      const ready = await system.client.get('/readyz').catch(() => null)
      return ready?.status === 200
    })
    await next.waitUntilMet()
    recoveriesMs.push([victim, performance.now() - diedAt])
    obstacle = next
  }
  await obstacle.remove()
  await system.client.waitUntilFinished(importId)
  const outcome = await readWholeOutcome({ client: system.client, ownerUrl: findUrl(system) }, importId)
  return { outcome, recoveriesMs, ending: await system.stop() }
}

/** Kills, and gives how to wait until what was killed has been started again. */
async function kill(system: SupervisedSystem, victim: Victim): Promise<() => Promise<unknown>> {
  if (victim === 'everything') {
    await system.killEverything()
    const started = system.start()
    return async () => started
  }
  const before = (await system.findPids())[victim]
  killIfThere(before)
  return async () =>
    waitUntil(`there is another ${victim}`, async () => {
      const pids = await system.findPids().catch(() => null)
      return pids !== null && pids[victim] !== before
    })
}

/** As soon as the database answers, which is before the worker does. */
async function putUpObstacle(system: SupervisedSystem, coupon: string): Promise<Obstacle> {
  return waitUntil('the database answers', async () => {
    try {
      return await blockCoupon(findUrl(system), coupon)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === '23505') {
        throw new Error('the import has come past the place at which it was to be stopped', { cause: error })
      }
      return null
    }
  })
}

function findUrl(system: SupervisedSystem): string {
  const urls = system.findDatabaseUrls()
  if (urls === null) throw new Error('the database does not run')
  return urls.ownerUrl
}
