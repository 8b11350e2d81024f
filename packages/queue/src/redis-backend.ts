import { LIMITS } from '@importer/connections'
import { createRedisBackend, Queue } from 'bullmq'
import { Redis, ReplyError } from 'ioredis'

import { type Logger, withTimeout } from '@importer/runtime'

import { QUEUE_OPTIONS, type QueueBackend } from './backend.ts'
import { PacedWorker } from './paced-worker.ts'
import { QueueUnavailableError } from './queue-unavailable-error.ts'

/** The braces make a Redis cluster keep all keys in one slot, as BullMQ's scripts need. */
const PREFIX = '{redemptions}'

interface RedisBackendOptions {
  readonly redisUrl: string
  readonly log: Logger
  readonly reportError: (error: Error) => void
}

/** BullMQ in Redis or Valkey. One deployment per database number: job ids are made of the ids of one database. */
export function openRedisBackend({ redisUrl, log, reportError }: RedisBackendOptions): QueueBackend {
  const connectionOptions = {
    connectTimeout: LIMITS.connectMs,
    keepAlive: LIMITS.keepAliveDelayMs,
    retryStrategy: (times: number) => Math.min(times * 100, LIMITS.queue.longestReconnectMs),
  }
  const client = new Redis(redisUrl, {
    ...connectionOptions,
    // Commands fail at the first failed reconnection instead of waiting for the server.
    maxRetriesPerRequest: 1,
    socketTimeout: LIMITS.queue.requestMs,
    connectionName: 'redemptions-queue',
  })
  /** Why the connection broke last; null: it stands. */
  let broken: Error | null = null
  client.on('error', (error: Error) => {
    broken = error
    reportError(error)
  })
  client.on('ready', () => {
    broken = null
    warnOfEviction(client, log).catch(reportError)
  })
  return {
    openQueue: (name) => new Queue(name, { ...QUEUE_OPTIONS, prefix: PREFIX, connection: client }, createRedisBackend),
    openWorker: (name, processor, options) => {
      const connection = {
        ...connectionOptions,
        url: redisUrl,
        // BullMQ's rule for workers: what they ask for waits until the server is back.
        maxRetriesPerRequest: null,
        socketTimeout: LIMITS.queue.workerRequestMs,
      }
      return new PacedWorker(name, processor, { ...options, prefix: PREFIX, connection }, createRedisBackend)
    },
    async findJobs(queueName, jobIds) {
      const pipeline = client.pipeline()
      for (const jobId of jobIds) pipeline.exists(`${PREFIX}:${queueName}:${jobId}`)
      const answers = (await pipeline.exec()) ?? []
      const failure = answers.find(([error]) => error !== null)?.[0]
      if (failure) throw failure
      return jobIds.filter((_, i) => answers[i]?.[1] === 1)
    },
    async ping() {
      const timedOut = () => new Error(`no answer within ${LIMITS.queue.requestMs} ms`)
      try {
        await withTimeout(client.ping(), LIMITS.queue.requestMs, timedOut)
      } catch (error) {
        // ioredis rejects a command with how often it has tried, not with why.
        const cause = broken ?? error
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new QueueUnavailableError(`Redis does not answer: ${reason}`, { cause: withCode(cause) })
      }
    },
    async close() {
      client.disconnect()
    },
  }
}

/** An answer of Redis begins with its code, such as WRONGPASS. */
function withCode(error: unknown): unknown {
  if (!(error instanceof Error && error instanceof ReplyError)) return error
  return Object.assign(error, { code: /^[A-Z]+/.exec(error.message)?.[0] })
}

/**
 * A Redis that evicts keys when it is full loses jobs. That is a warning and no failure: the reconciler adds lost jobs again,
 * and a hosted Redis may leave its users no choice.
 */
async function warnOfEviction(client: Redis, log: Logger): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1]
  if (policy === undefined || policy === 'noeviction') return
  log.warn(
    { maxmemoryPolicy: policy },
    `Redis has maxmemory-policy ${policy} and may drop jobs when it is full; set it to noeviction`,
  )
}
