import type { Database } from '@importer/db'
import type { Consumer, JobProcessor, Logger, Queues } from '@importer/runtime'
import { attemptDelivery, createResolveHost, startDispatcher, type ReceiverPolicy } from '@importer/webhooks'

export interface WebhookDeliveryOptions {
  readonly database: Database
  readonly queues: Queues
  readonly log: Logger
  readonly policy: ReceiverPolicy
}

/** Attempts at once: nearly all of an attempt is waiting for the receiver. */
const CONCURRENCY = 100
/** An attempt that is under way when the worker is told to stop may end within this time. */
const STOP_GRACE_MS = 3_000

export interface WebhookDelivery {
  /** Something may be due. */
  poke(): void
  stop(): Promise<void>
}

/** Sends webhooks until it is stopped. */
export function deliverWebhooks({ database, queues, log, policy }: WebhookDeliveryOptions): WebhookDelivery {
  const now = (): Date => new Date()
  const dispatcher = startDispatcher({ database, queue: queues.producer('webhook'), log, now })
  const attempt = { database, log, policy, resolveHost: createResolveHost(), now, random: Math.random }
  const processor: JobProcessor<'webhook'> = async (job, { signal }) => {
    const stopping = new AbortController()
    const onStop = (): void => {
      setTimeout(() => stopping.abort(), STOP_GRACE_MS).unref()
    }
    signal.addEventListener('abort', onStop, { once: true })
    try {
      await attemptDelivery(attempt, job, stopping.signal)
    } finally {
      signal.removeEventListener('abort', onStop)
      // Its receiver has a free place again.
      dispatcher.poke()
    }
  }
  const consumer: Consumer = queues.consume('webhook', processor, { concurrency: CONCURRENCY })
  return {
    poke: () => dispatcher.poke(),
    async stop() {
      await dispatcher.stop()
      await consumer.close()
    },
  }
}
