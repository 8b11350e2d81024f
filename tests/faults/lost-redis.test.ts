import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import type { WholeOutcome } from '../support/recorded-outcome.ts'
import { hasRedisServer, startRedisServer, type RedisServer } from '../support/redis-server.ts'
import { startSystem } from '../support/running-system.ts'
import {
  FAULT_SYSTEM,
  loadReference,
  makeFaultCase,
  runUndisturbed,
  spreadCoupons,
  uploadFile,
  waitForOutcome,
} from './fault-case.ts'

const fault = makeFaultCase(2_000)
let undisturbed: WholeOutcome | undefined

describe.skipIf(!hasRedisServer())('a Redis that loses what it held amid an import', () => {
  const servers: RedisServer[] = []
  beforeAll(async () => {
    ;[undisturbed] = await runUndisturbed([fault])
  })
  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  /** `harm` is done while the worker is held up in the middle of a batch. */
  async function runWith(
    harm: (redis: RedisServer, system: Awaited<ReturnType<typeof startSystem>>) => Promise<unknown>,
  ): Promise<WholeOutcome> {
    const redis = await startRedisServer()
    servers.push(redis)
    const system = await startSystem({ ...FAULT_SYSTEM, redisUrl: redis.url })
    await loadReference(system.client, fault)
    const obstacle = await blockCoupon(system.ownerUrl, spreadCoupons(fault, 1)[0] ?? '')
    const importId = await uploadFile(system.client, fault)
    await obstacle.waitUntilMet()
    await harm(redis, system)
    await obstacle.remove()
    const outcome = await waitForOutcome(system, importId)
    await system.stop()
    return outcome
  }

  it.concurrent('flushed', async () => {
    expect(await runWith(async (redis) => redis.flush())).toEqual(undisturbed)
  })

  it.concurrent('flushed, and the worker killed: the reconciler finds the import', async () => {
    const outcome = await runWith(async (redis, system) => {
      await system.worker.kill('SIGKILL')
      await redis.flush()
      await system.startWorker()
    })
    expect(outcome).toEqual(undisturbed)
  })

  it.concurrent('killed and started again empty', async () => {
    const outcome = await runWith(async (redis) => {
      await redis.kill()
      await redis.startAgain()
    })
    expect(outcome).toEqual(undisturbed)
  })

  it.concurrent('killed, and back only after the worker was killed and started again', async () => {
    const outcome = await runWith(async (redis, system) => {
      await redis.kill()
      await system.worker.kill('SIGKILL')
      await system.startWorker()
      await redis.startAgain()
    })
    expect(outcome).toEqual(undisturbed)
  })
})
