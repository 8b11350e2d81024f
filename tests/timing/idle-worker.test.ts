import { setImmediate as yieldToEventLoop } from 'node:timers/promises'

import { createQueues, type QueueLocation } from '@importer/queue'
import { createLog } from '@importer/runtime'
import { describe, expect, test } from 'vitest'

import { hasRedisServer, startRedisServer } from '../support/redis-server.ts'
import { createTestDatabase } from '../support/test-database.ts'

const ROUNDS = 10
/** A notice wakes the worker; without one it would look every two seconds. */
const MEDIAN_MS = 100

async function measureLatencies(backend: QueueLocation): Promise<number[]> {
  const queues = createQueues({ backend, log: createLog({ name: 'test', level: 'silent' }) })
  try {
    const startedAt = new Map<number, number>()
    const processor = async ({ importId }: { importId: number }): Promise<void> => {
      startedAt.set(importId, performance.now())
    }
    queues.consume('import', processor, { concurrency: 1 })
    const latencies: number[] = []
    for (let importId = 1; importId <= ROUNDS; importId += 1) {
      const addedAt = performance.now()
      await queues.producer('import').enqueue({ importId }, { jobId: `import-${importId}-1` })
      while (!startedAt.has(importId)) await yieldToEventLoop()
      latencies.push((startedAt.get(importId) ?? Infinity) - addedAt)
    }
    return latencies
  } finally {
    await queues.close()
  }
}

/** Without the first, which opens the connections. */
function findMedian(latencies: readonly number[]): number {
  return latencies.slice(1).toSorted((a, b) => a - b)[Math.floor((ROUNDS - 1) / 2)] ?? Infinity
}

describe('an idle worker starts at once', () => {
  test('on PostgreSQL', async () => {
    const { url } = await createTestDatabase()
    expect(findMedian(await measureLatencies({ kind: 'postgres', databaseUrl: url }))).toBeLessThan(MEDIAN_MS)
  })

  test.skipIf(!hasRedisServer())('on Redis', async () => {
    const { url } = await startRedisServer()
    expect(findMedian(await measureLatencies({ kind: 'redis', redisUrl: url }))).toBeLessThan(MEDIAN_MS)
  })
})
