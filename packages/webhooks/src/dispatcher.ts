import { setTimeout as delay } from 'node:timers/promises'

import {
  releaseDeliveries,
  reserveDueDeliveries,
  type Database,
  type DeliverySlots,
  type ReservedDelivery,
} from '@importer/db'
import type { Logger, Producer } from '@importer/runtime'

export interface DispatcherOptions {
  readonly database: Database
  readonly queue: Pick<Producer<'webhook'>, 'enqueue'>
  readonly log: Logger
  readonly now: () => Date
  /** How often the database is asked when nobody pokes. */
  readonly everyMs?: number
  /** How long a job may take to begin before it counts as lost and another one is queued. */
  readonly reserveMs?: number
  readonly slots?: DeliverySlots
}

export interface Dispatcher {
  /** Something may be due: looks now, or once more after the look that is under way. */
  poke(): void
  /** Queues jobs for what is due, and says how many. For one pass; the timer and {@link poke} call it. */
  dispatch(): Promise<number>
  /** Waits for the look that is under way. */
  stop(): Promise<void>
}

const EVERY_MS = 1_000
/** Under load every end of an attempt pokes: looks this far apart find several due deliveries each. */
const REST_MS = 10
const RESERVE_MS = 30_000
const PASS_LIMIT = 200
/** An attempt that takes longer speaks against its receiver at once: a time-out would tell only after 15 s. */
const HANGING_MS = 2_000

/** Attempts of one process at once: nearly all of an attempt is waiting for the receiver. */
export const DELIVERY_CONCURRENCY = 400
/**
 * Over all processes. Half of one process's are never held by receivers that fail, and a quarter is all that an
 * organization gets: two for each endpoint that it may have. One that fails may hang for 15 s at every attempt.
 */
export const DELIVERY_SLOTS = {
  mostPerReceiver: 10,
  mostPerFailing: 2,
  mostFailingPerOrg: DELIVERY_CONCURRENCY / 8,
  mostFailing: DELIVERY_CONCURRENCY / 2,
  mostPerOrg: DELIVERY_CONCURRENCY / 4,
} as const satisfies DeliverySlots

/**
 * Brings what is due from the database to the queue. The database alone knows what is to be sent and when: a queue that
 * loses everything costs half a minute, and a receiver that hangs has a few jobs in the queue and never more, so that all
 * others find free slots. Any number of processes may do this side by side.
 */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { database, queue, log, now, everyMs = EVERY_MS, reserveMs = RESERVE_MS, slots = DELIVERY_SLOTS } = options
  let stopped = false
  let wanted = false
  let running: Promise<void> | undefined

  async function dispatch(): Promise<number> {
    const at = now()
    const reserved = await reserveDueDeliveries(database, {
      now: at,
      reservedUntil: new Date(at.getTime() + reserveMs),
      hangingSince: new Date(at.getTime() - HANGING_MS),
      ...slots,
      limit: PASS_LIMIT,
    })
    const refused: ReservedDelivery[] = []
    await Promise.all(
      reserved.map(async (delivery) => {
        try {
          await queue.enqueue(delivery, { jobId: `webhook-${delivery.deliveryId}-${delivery.turn}` })
        } catch (error) {
          if (refused.push(delivery) === 1) log.warn({ err: error }, 'webhooks could not be queued; they will be')
        }
      }),
    )
    await releaseDeliveries(database, refused)
    return reserved.length - refused.length
  }

  async function run(): Promise<void> {
    while (wanted && !stopped) {
      wanted = false
      try {
        const queued = await dispatch()
        if (queued >= PASS_LIMIT) wanted = true
        else await delay(REST_MS)
      } catch (error) {
        log.warn({ err: error }, 'webhooks could not be looked for; the next look comes soon')
      }
    }
    running = undefined
  }

  function poke(): void {
    wanted = true
    if (!stopped) running ??= run()
  }

  const timer = setInterval(poke, everyMs)
  poke()
  return {
    poke,
    dispatch,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
