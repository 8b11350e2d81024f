import type { DefaultJobOptions } from 'bullmq'

/** The largest number that PostgreSQL's `integer` holds, which is where BullMQ counts attempts and stalls. */
const UNLIMITED = 2_147_483_647

const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 30_000

/**
 * A processor that throws is tried again without end: PostgreSQL, not the queue, decides when an import has failed, and
 * a database that is away for a night must not lose the jobs of that night.
 */
export const JOB_OPTIONS = {
  attempts: UNLIMITED,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 1,
} as const satisfies DefaultJobOptions

/** How many killed or slow workers a job survives. */
export const MAX_STALLED_COUNT = UNLIMITED

/** BullMQ's names, in milliseconds: how long a lock holds, how old its worker lets it become, how often ended ones are looked for. */
export interface LockTimes {
  readonly lockDuration: number
  readonly lockRenewTime: number
  readonly stalledInterval: number
}

/**
 * How soon the job of a killed worker is taken over: its lock ends at most `lockDuration` after its last renewal, and is
 * found ended at one of the next two looks, so after 3 to 6 s. A live worker renews every half to whole second. Taking
 * a job from a worker that is only slow costs nothing but work: the database fences the one that lost.
 */
export const LOCK_TIMES: LockTimes = { lockDuration: 4000, lockRenewTime: 1000, stalledInterval: 1000 }

/** Before the next attempt: 1 s, doubling up to 30 s, spread over its upper half so that retries do not come in herds. */
export function computeBackoffMs(attemptsMade: number, random = Math.random()): number {
  const longest = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attemptsMade - 1, 30), MAX_BACKOFF_MS)
  return Math.round(longest * (0.5 + random / 2))
}
