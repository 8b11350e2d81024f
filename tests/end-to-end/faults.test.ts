/** The short form of the fault suite (tests/faults, `npm run test:faults`): each of its scenarios once. */
import { beforeAll, describe, expect, it } from 'vitest'

import { cutConnections } from '../faults/cut-connections.ts'
import { makeFaultCase, runUndisturbed } from '../faults/fault-case.ts'
import { freezeWorker } from '../faults/freeze-worker.ts'
import { killUnderSupervisor } from '../faults/kill-everything.ts'
import { killWorkers } from '../faults/kill-workers.ts'
import { restartDatabase } from '../faults/restart-database.ts'
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

  it('when its worker freezes until another has taken over', async () => {
    const { outcome, before, after } = await freezeWorker(fault, undefined)
    expect(after).toEqual(before)
    // It had one lane: in how many a file is imported makes no difference to its rows.
    const rowsOf = (whole: WholeOutcome | undefined): object => ({ ...whole, import: null, lanes: null })
    expect(outcome.lanes).toHaveLength(1)
    expect(rowsOf(outcome)).toEqual(rowsOf(undisturbed))
  })

  it('when the database is restarted at once', async () => {
    const { outcome } = await restartDatabase(fault, { redisUrl: undefined, restarts: 1 })
    expect(outcome).toEqual(undisturbed)
  })

  it('when everything is killed, the database included', async () => {
    const { outcome, ending } = await killUnderSupervisor(fault, ['everything'])
    expect(outcome).toEqual(undisturbed)
    expect(ending).toBe('exit code 0')
  })
})
