import { setTimeout as delay } from 'node:timers/promises'

import { webhookJobId } from '@importer/contracts'
import { findReceivers, releaseDeliveries, reserveDeliveries, type Database } from '@importer/db'
import type { Producer } from '@importer/queue'
import type { Logger } from '@importer/runtime'

import { DELIVERY_SLOTS, shareSlots, type DeliverySlots } from './share-slots.ts'

export interface DispatcherOptions {
  readonly database: Database
  readonly queue: Pick<Producer<'webhook'>, 'enqueueAll'>
  readonly log: Logger
  readonly now: () => Date
  readonly slots?: DeliverySlots
}

export interface Dispatcher {
  /** Something may be due: looks now, or once more after the look that is under way. */
  poke(): void
  /** Waits for the look that is under way. */
  stop(): Promise<void>
}

/** How often the database is queried when nobody pokes. */
const EVERY_MS = 1_000
/** Under load every end of an attempt pokes: looks this far apart find several due deliveries each. */
const REST_MS = 10
/** How long a job may take to begin before it counts as lost and another one is queued. */
const RESERVE_MS = 30_000
/** An attempt that takes longer speaks against its receiver at once: a time-out would tell only after 15 s. */
const HANGING_MS = 2_000

/**
 * Looks once for deliveries that are due, gives them the free slots and queues a job for each; gives how many. What the
 * queue refuses is given back for the next look.
 */
export async function queueDueDeliveries(options: DispatcherOptions): Promise<number> {
  const { database, queue, log, slots = DELIVERY_SLOTS } = options
  const now = options.now()
  const reservedUntil = new Date(now.getTime() + RESERVE_MS)
  const hangingSince = new Date(now.getTime() - HANGING_MS)
  const receivers = await findReceivers(database, { now, hangingSince, mostDue: slots.mostPerReceiver })
  const chosen = shareSlots(receivers, slots)
  const reserved = await reserveDeliveries(database, chosen, { now, reservedUntil })
  const jobs = reserved.map((payload) => ({ payload, jobId: webhookJobId(payload) }))
  if (jobs.length === 0) return 0
  try {
    await queue.enqueueAll(jobs)
    return jobs.length
  } catch (error) {
    log.warn({ err: error }, 'webhooks could not be queued; they will be')
    await releaseDeliveries(database, reserved, reservedUntil)
    return 0
  }
}

/**
 * Brings what is due from the database to the queue, every second and when it is poked. The database alone knows what is to
 * be sent and when: a queue that loses everything costs half a minute, and a receiver that hangs has a few jobs in the queue
 * and never more, so that all others find free slots. Any number of processes may do this side by side.
 */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  let stopped = false
  let wanted = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (wanted && !stopped) {
      wanted = false
      try {
        await queueDueDeliveries(options)
        await delay(REST_MS)
      } catch (error) {
        options.log.warn({ err: error }, 'webhooks could not be looked for; the next look comes soon')
      }
    }
    running = undefined
  }

  function poke(): void {
    wanted = true
    if (!stopped) running ??= run()
  }

  const timer = setInterval(poke, EVERY_MS)
  poke()
  return {
    poke,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
