import { LIMITS } from '@importer/connections'
import { Redis } from 'ioredis'

import { withTimeout } from '@importer/runtime'

import { QueueUnavailableError } from './queue-unavailable-error.ts'

export interface RedisDescription {
  /** such as `7.0.15`; null: it does not say */
  readonly version: string | null
  /** `noeviction` keeps jobs; null: it does not say */
  readonly maxmemoryPolicy: string | null
}

/** What a Redis or Valkey says of itself. Rejects when it does not answer in time. */
export async function describeRedis(redisUrl: string): Promise<RedisDescription> {
  const client = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: LIMITS.connectMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectionName: 'redemptions-doctor',
  })
  // Each failure rejects the request that meets it.
  client.on('error', () => undefined)
  try {
    const info = await withTimeout(
      client.info(),
      LIMITS.queue.requestMs,
      () => new QueueUnavailableError(`Redis did not answer within ${LIMITS.queue.requestMs} ms`),
    )
    const read = (name: string): string | null => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? null
    return { version: read('redis_version'), maxmemoryPolicy: read('maxmemory_policy') }
  } finally {
    client.disconnect()
  }
}
