import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect } from 'vitest'

import { hasRedisServer } from '../../../tests/support/redis-server.ts'
import { testQueues } from '../tests/support/queue-contract.ts'
import { testServerFaults, testWorkerFaults } from '../tests/support/queue-fault-contract.ts'
import { extendTest, until } from '../tests/support/queue-fixture.ts'
import { startRedisQueueServer, type QueueServer } from '../tests/support/queue-servers.ts'

describe.skipIf(!hasRedisServer()).concurrent('on a Redis server', () => {
  let server: QueueServer
  let unsteady: QueueServer

  beforeAll(async () => {
    ;[server, unsteady] = await Promise.all([startRedisQueueServer(), startRedisQueueServer()])
  })
  afterAll(() => Promise.all([server.end(), unsteady.end()]))

  describe('queues', () => {
    const it = extendTest(() => server)
    testWorkerFaults(it, () => server)
    testQueues(it)
  })

  describe('queues on one that goes away or may evict jobs', () => {
    const it = extendTest(() => unsteady)
    testServerFaults(it, () => unsteady)

    it('warn of a server that may evict jobs', { concurrent: false }, async ({ location, openQueues, lines }) => {
      if (location.kind !== 'redis') throw new Error('not Redis')
      const client = new Redis(location.redisUrl)
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
      await openQueues(location).ping()
      await until(() => expect(lines.join('')).toMatch(/"level":"warn".*set it to noeviction/))
      client.disconnect()
    })
  })
})
