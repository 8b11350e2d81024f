import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { hasRedisServer } from '../../../tests/support/redis-server.ts'
import { testQueues } from '../tests/support/queue-contract.ts'
import { testQueueFaults } from '../tests/support/queue-fault-contract.ts'
import { lines, openQueues, until } from '../tests/support/queue-fixture.ts'
import { startRedisQueueServer, type QueueServer } from '../tests/support/queue-servers.ts'

describe.skipIf(!hasRedisServer())('on a Redis server', () => {
  let server: QueueServer

  beforeAll(async () => {
    server = await startRedisQueueServer()
  })
  afterAll(() => server.end())

  describe('queues', () => testQueues(() => server))
  describe('faults of queues', () => testQueueFaults(() => server))

  it('queues warn of a server that may evict jobs', async () => {
    const location = await server.makeLocation()
    if (location.kind !== 'redis') throw new Error('not Redis')
    const client = new Redis(location.redisUrl)
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const queues = openQueues(location)
    await queues.ping()
    await until(() => expect(lines.join('')).toMatch(/"level":"warn".*set it to noeviction/))
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    client.disconnect()
  })
})
