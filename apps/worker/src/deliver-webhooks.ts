import { setMaxListeners } from 'node:events'

import type { Database } from '@importer/db'
import type { JobProcessor, Queues } from '@importer/queue'
import type { Logger, Tracing } from '@importer/runtime'
import {
  attemptDelivery,
  createResolveHost,
  DELIVERY_CONCURRENCY,
  startDispatcher,
  type AttemptResult,
  type ReceiverPolicy,
} from '@importer/webhooks'

export interface WebhookDeliveryOptions {
  readonly database: Database
  readonly queues: Queues
  readonly log: Logger
  readonly tracing: Tracing
  readonly policy: ReceiverPolicy
  readonly onAttempt: (result: AttemptResult) => void
}

/** An attempt that is under way when the worker gets the signal to stop may end within this time. */
const STOP_GRACE_MS = 3_000

export interface WebhookDelivery {
  /** Something may be due. */
  poke(): void
  /** An attempt may run until the deadline. True when every attempt has ended by then. Never rejects. */
  stop(deadlineMs: number): Promise<boolean>
}

/** Sends webhooks until it is stopped. */
export function deliverWebhooks(options: WebhookDeliveryOptions): WebhookDelivery {
  const { database, queues, log, tracing, policy, onAttempt } = options
  const now = (): Date => new Date()
  const dispatcher = startDispatcher({ database, queue: queues.producer('webhook'), log, now })
  const sending = { policy, resolveHost: createResolveHost(), now, random: Math.random }
  const attempt = { database, log, tracing, ...sending, onAttempt }
  const stopping = new AbortController()
  // Every attempt listens to it.
  setMaxListeners(0, stopping.signal)
  const processor: JobProcessor<'webhook'> = async (job) => {
    try {
      await attemptDelivery(attempt, job, stopping.signal)
    } finally {
      // Its receiver has a free place again.
      dispatcher.poke()
    }
  }
  const consumer = queues.consume('webhook', processor, { concurrency: DELIVERY_CONCURRENCY })
  return {
    poke: () => dispatcher.poke(),
    async stop(deadlineMs) {
      // One that is cut still has to record that it was.
      const timer = setTimeout(() => stopping.abort(), Math.min(STOP_GRACE_MS, deadlineMs / 2))
      const [ended] = await Promise.all([consumer.close({ deadlineMs }), dispatcher.stop()])
      clearTimeout(timer)
      return ended
    },
  }
}
