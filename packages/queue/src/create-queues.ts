import { LIMITS } from '@importer/connections'
import type { JobName } from '@importer/contracts'

import { type Logger, withTimeout } from '@importer/runtime'

import type { QueueBackend } from './backend.ts'
import { startConsumer, type Consumer, type ConsumerOptions, type JobProcessor } from './consumer.ts'
import { LOCK_TIMES, type LockTimes } from './lock-times.ts'
import { openPostgresBackend } from './postgres-backend.ts'
import { createProducer, type ClosableProducer, type Producer } from './producer.ts'
import { QueueUnavailableError } from './queue-unavailable-error.ts'
import { openRedisBackend } from './redis-backend.ts'
import { createErrorReporter } from './report-errors.ts'

export type QueueLocation =
  | { readonly kind: 'postgres'; readonly databaseUrl: string }
  | { readonly kind: 'redis'; readonly redisUrl: string }

/** Redis where the environment names one, else the database. */
export function locateQueue({ REDIS_URL: redisUrl, DATABASE_URL: databaseUrl }: QueueEnvironment): QueueLocation {
  return redisUrl === undefined ? { kind: 'postgres', databaseUrl } : { kind: 'redis', redisUrl }
}

interface QueueEnvironment {
  readonly REDIS_URL?: string | undefined
  readonly DATABASE_URL: string
}

export interface QueuesOptions {
  readonly backend: QueueLocation
  readonly log: Logger
  /** How soon the job of a killed worker is taken over. The same in all processes of a deployment. */
  readonly lockTimes?: LockTimes
}

/** The only way to BullMQ, whichever server holds its jobs. What it offers is the same on both. */
export interface Queues {
  producer<Name extends JobName>(jobName: Name): Producer<Name>
  /** Begins to take jobs of this name, as soon as the server answers and for as long as the consumer is open. */
  consume<Name extends JobName>(jobName: Name, processor: JobProcessor<Name>, options: ConsumerOptions): Consumer
  /** Throws a QueueUnavailableError when the server does not answer within 5 s or cannot hold jobs. */
  ping(): Promise<void>
  /** Closes the consumers that are still open, then all connections. */
  close(): Promise<void>
}

/**
 * Connects in the background: a server that is away, at start or later, makes producers fail within seconds and consumers
 * wait for it.
 */
export function createQueues({ backend: location, log, lockTimes = LOCK_TIMES }: QueuesOptions): Queues {
  const reportError = createErrorReporter(log)
  const backend = openBackend(location, log, reportError)
  const producers = new Map<JobName, ClosableProducer<JobName>>()
  const consumers: Consumer[] = []
  let closing: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    await Promise.all(consumers.map((consumer) => consumer.close()))
    await Promise.all([...producers.values()].map((producer) => producer.close()))
    await backend.close()
  }

  return {
    producer(jobName) {
      const producer = producers.get(jobName) ?? createProducer(jobName, backend, reportError)
      producers.set(jobName, producer)
      return producer
    },
    consume(jobName, processor, options) {
      const consumer = startConsumer({ jobName, backend, processor, options, lockTimes, log, reportError })
      consumers.push(consumer)
      return consumer
    },
    async ping() {
      try {
        await withTimeout(
          backend.ping(),
          LIMITS.queue.requestMs,
          () => new Error(`no answer in ${LIMITS.queue.requestMs} ms`),
        )
      } catch (error) {
        if (error instanceof QueueUnavailableError) throw error
        const reason = error instanceof Error ? error.message : String(error)
        throw new QueueUnavailableError(`the queue does not answer: ${reason}`, { cause: error })
      }
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}

function openBackend(location: QueueLocation, log: Logger, reportError: (error: Error) => void): QueueBackend {
  return location.kind === 'postgres'
    ? openPostgresBackend(location.databaseUrl, reportError)
    : openRedisBackend({ redisUrl: location.redisUrl, log, reportError })
}
