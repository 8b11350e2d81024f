import { beforeAll, describe, expect, it } from 'vitest'

import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { makeFaultCase, runUndisturbed } from './fault-case.ts'
import { restartDatabase } from './restart-database.ts'

const MOST_TAKE_OVER_MS = 30_000

const fault = makeFaultCase(2_000)
let undisturbed: WholeOutcome | undefined

beforeAll(async () => {
  ;[undisturbed] = await runUndisturbed([fault])
})

describe.concurrent('a database that is restarted at once amid an import', () => {
  it('changes nothing, with the queue in it', async () => {
    await expectSameOutcome(undefined)
  })

  it.skipIf(!hasRedisServer())('changes nothing, with the queue on Redis', async () => {
    const redis = await startRedisServer()
    await expectSameOutcome(redis.url)
    await redis.stop()
  })
})

async function expectSameOutcome(redisUrl: string | undefined): Promise<void> {
  const { outcome, takeOversMs } = await restartDatabase(fault, { redisUrl, restarts: 3 })
  expect(outcome).toEqual(undisturbed)
  const reported = takeOversMs.map((each) => (each / 1000).toFixed(1)).join(', ')
  console.log(`queue ${redisUrl === undefined ? 'in PostgreSQL' : 'on Redis'}: went on after ${reported} s`)
  expect(Math.max(...takeOversMs)).toBeLessThan(MOST_TAKE_OVER_MS)
}
