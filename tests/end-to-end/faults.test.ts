/** The short form of the fault suite (tests/faults, `npm run test:faults`): kills, a cut connection, and all at once. */
import { beforeAll, describe, expect, it } from 'vitest'

import { cutConnections } from '../faults/cut-connections.ts'
import { makeFaultCase, runUndisturbed } from '../faults/fault-case.ts'
import { killUnderSupervisor } from '../faults/kill-everything.ts'
import { killWorkers } from '../faults/kill-workers.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'

const TIMEOUT_MS = 120_000

const fault = makeFaultCase(1_000)
let undisturbed: WholeOutcome | undefined

beforeAll(async () => {
  ;[undisturbed] = await runUndisturbed([fault])
})

describe.concurrent('an import ends as if nothing had happened', { timeout: TIMEOUT_MS }, () => {
  it('when its worker is killed at the claim, in batches, and at the completion', async () => {
    const { outcome, kills } = await killWorkers(fault, { redisUrl: undefined, inBatches: 2 })
    expect(kills).toBe(4)
    expect(outcome).toEqual(undisturbed)
  })

  it("when the connection is cut at the reply to a batch's commit, and within it", async () => {
    const [run] = await cutConnections([{ fault, cuts: { 3: 'at-reply', 7: 'within-reply' } }])
    expect(run?.cuts).toEqual(['at-reply', 'within-reply'])
    expect(run?.outcome).toEqual(undisturbed)
  })

  it('when everything is killed, the database included', async () => {
    const { outcome, ending } = await killUnderSupervisor(fault, ['everything'])
    expect(outcome).toEqual(undisturbed)
    expect(ending).toBe('exit code 0')
  })
})
