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
