import { beforeAll, describe, expect, it } from 'vitest'

import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { makeFaultCase, runUndisturbed } from './fault-case.ts'
import { FROZEN_SYSTEM, freezeWorker } from './freeze-worker.ts'

const fault = makeFaultCase(2_000)
let undisturbed: WholeOutcome | undefined

beforeAll(async () => {
  ;[undisturbed] = await runUndisturbed([fault], FROZEN_SYSTEM)
})

describe.concurrent('a worker that freezes until another has taken over', () => {
  it('commits nothing more, with the queue in PostgreSQL', async () => {
    await expectNothingMore(undefined)
  })

  it.skipIf(!hasRedisServer())('commits nothing more, with the queue on Redis', async () => {
    const redis = await startRedisServer()
    await expectNothingMore(redis.url)
    await redis.stop()
  })
})

async function expectNothingMore(redisUrl: string | undefined): Promise<void> {
  const { outcome, before, after } = await freezeWorker(fault, redisUrl)
  expect(before).toMatchObject([{ fencingToken: 2 }])
  expect(after).toEqual(before)
  expect(outcome).toEqual(undisturbed)
}
