import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { findAppPids } from '../support/find-app-pids.ts'
import { ATTACKER, BYSTANDER } from './attacked-system.ts'
import { Attacker } from './attacker.ts'
import { importAsBystander } from './bystander.ts'
import { startHealthWatch } from './health-watch.ts'
import { forgetPeakMemory, readPeakMemory } from './process-memory.ts'

/** What is promised whatever is asked: see "No input ends a process or holds it up" in docs/operations.md. */
const PROMISED = { intakeMib: 250, workerMib: 400, heldUpMs: 250 }

const MANY_CLIENTS = 20

export interface Attack<Prepared> {
  /** Makes what is attacked, once, before anything is watched: a file, an import of it. */
  readonly prepare?: (attacker: Attacker) => Promise<Prepared>
  /** One client's share; `clients` is how many there are. Throws, or fails an expectation, where an answer is not as it should be. */
  readonly run: (attacker: Attacker, prepared: Prepared, client: number, clients: number) => Promise<void>
  /** Puts an end to what was prepared, where it would go on. */
  readonly finish?: (attacker: Attacker, prepared: Prepared) => Promise<void>
  /** How many clients run it at once, beside one alone. */
  readonly clients?: number
}

/**
 * Attacks the running system, alone and with many clients at once, and requires each time that nobody else notices:
 * no process has been replaced, both have kept within their memory, no look at `/healthz` has waited for more than
 * 250 ms of the intake's own work, every poll of another organization has been answered, and its import has completed.
 */
export function attack<Prepared = undefined>(name: string, { prepare, run, finish, clients }: Attack<Prepared>): void {
  describe(name, () => {
    const attacker = new Attacker(inject('attacked').url, ATTACKER.apiKey)
    let prepared: Prepared

    beforeAll(async () => {
      prepared = (await prepare?.(attacker)) as Prepared
    })
    afterAll(async () => finish?.(attacker, prepared))

    for (const count of [1, clients ?? MANY_CLIENTS]) {
      it(count === 1 ? 'alone' : `${count} clients at once`, async () => {
        const attackAtOnce = async (): Promise<void> => {
          await Promise.all(Array.from({ length: count }, async (_, client) => run(attacker, prepared, client, count)))
        }
        await expectUnharmed(attackAtOnce)
      })
    }
  })
}

async function expectUnharmed(run: () => Promise<void>): Promise<void> {
  const { url, dataDir } = inject('attacked')
  const before = await findAppPids(dataDir)
  await forgetPeakMemory(before.intake)
  await forgetPeakMemory(before.worker)
  const watch = await startHealthWatch({ url, intakePid: before.intake, apiKey: BYSTANDER.apiKey })
  const [outcome] = await Promise.allSettled([Promise.all([run(), importAsBystander(url)])])
  const { answers, heldUpMs, faults } = await watch.stop()
  // What ended a process explains all else that went wrong: it is reported first.
  expect(await findAppPids(dataDir), 'a process was replaced').toEqual(before)
  const intakeMib = await readPeakMemory(before.intake)
  const workerMib = await readPeakMemory(before.worker)
  console.log(
    `held up ${heldUpMs} ms in ${answers} looks; intake ${intakeMib.toFixed(0)} MiB, worker ${workerMib.toFixed(0)} MiB`,
  )
  if (outcome.status === 'rejected') throw outcome.reason
  expect(faults).toEqual([])
  expect(answers).toBeGreaterThan(0)
  expect(heldUpMs, 'the intake held /healthz up').toBeLessThanOrEqual(PROMISED.heldUpMs)
  expect(intakeMib, 'resident memory of the intake').toBeLessThan(PROMISED.intakeMib)
  expect(workerMib, 'resident memory of the worker').toBeLessThan(PROMISED.workerMib)
}
