import { beforeAll, describe, expect, it } from 'vitest'

import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { makeFaultCase, runUndisturbed } from '../faults/fault-case.ts'
import { killWorkers } from '../faults/kill-workers.ts'

/** 8 of them in batches, two at each instant, one at the claim, one at the completion. */
const KILLS = 10
/** What is "seconds": usually 4 or 5, of which one or two are the start of Node; more on a machine that is busy. */
const USUAL_TAKE_OVER_MS = 15_000
const MOST_TAKE_OVER_MS = 30_000

const fault = makeFaultCase(4_000)
let undisturbed: WholeOutcome

beforeAll(async () => {
  const [outcome] = await runUndisturbed([fault])
  if (outcome === undefined) throw new Error('no outcome')
  undisturbed = outcome
})

describe.concurrent('an import whose worker is killed ten times', () => {
  it('ends as if nothing had happened, with the queue in PostgreSQL', async () => {
    await expectSameOutcome(undefined)
  })

  it.skipIf(!hasRedisServer())('ends as if nothing had happened, with the queue on Redis', async () => {
    const redis = await startRedisServer()
    await expectSameOutcome(redis.url)
    await redis.stop()
  })
})

async function expectSameOutcome(redisUrl: string | undefined): Promise<void> {
  const { outcome, kills, takeOversMs } = await killWorkers(fault, { redisUrl, inBatches: KILLS - 2 })
  expect(outcome).toEqual(undisturbed)
  expect(kills).toBe(KILLS)
  const sorted = takeOversMs.toSorted((a, b) => a - b)
  const [median, longest] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0]
  console.log(
    `queue ${redisUrl === undefined ? 'in PostgreSQL' : 'on Redis'}: ` +
      `taken over after ${(median / 1000).toFixed(1)} s in the median, ${(longest / 1000).toFixed(1)} s at most`,
  )
  expect(median).toBeLessThan(USUAL_TAKE_OVER_MS)
  expect(longest).toBeLessThan(MOST_TAKE_OVER_MS)
}
