import type { Receiver } from '@importer/db'

/** Attempts of one process at once: nearly all of an attempt is waiting for the receiver. */
export const DELIVERY_CONCURRENCY = 400

/**
 * How many deliveries may be in flight at once, over all processes. Half of one process's slots are never held by receivers
 * that fail or hang, for up to 15 s at every attempt.
 */
export const DELIVERY_SLOTS = {
  /** Of one endpoint, or of one callback host and organization. */
  mostPerReceiver: 10,
  /** The same of one that fails. */
  mostPerFailing: 2,
  /** Of all receivers of an organization that fail. */
  mostFailingPerOrg: DELIVERY_CONCURRENCY / 8,
  /** Of all receivers that fail. */
  mostFailing: DELIVERY_CONCURRENCY / 2,
  /** Two for each endpoint that it may have. */
  mostPerOrg: DELIVERY_CONCURRENCY / 4,
  /** What one process can work on: jobs that waited in the queue would be overtaken by nobody. */
  mostInAll: DELIVERY_CONCURRENCY,
}
export type DeliverySlots = Readonly<typeof DELIVERY_SLOTS>

/** Slots that are counted together. */
interface Share {
  readonly most: number
  taken: number
}

/**
 * The due deliveries that get a slot. Receivers that answer come first, then those with the fewest slots, then those whose
 * delivery has been due for the longest time. So a free slot goes to a receiver that answers, and not to one that hangs.
 */
export function shareSlots(receivers: readonly Receiver[], slots: DeliverySlots): bigint[] {
  const shares = new Map<string, Share>()
  const open = (name: string, most: number): Share => {
    const share = shares.get(name) ?? { most, taken: 0 }
    shares.set(name, share)
    return share
  }
  const candidates = receivers.flatMap(({ receiver, orgId, isFailing, inFlight, due, dueSince }) => {
    const own = [
      open(`receiver ${receiver}`, isFailing ? slots.mostPerFailing : slots.mostPerReceiver),
      open(`organization ${orgId}`, slots.mostPerOrg),
      open('all', slots.mostInAll),
    ]
    if (isFailing) {
      own.push(open(`failing of organization ${orgId}`, slots.mostFailingPerOrg), open('failing', slots.mostFailing))
    }
    for (const share of own) share.taken += inFlight
    const since = dueSince?.getTime() ?? 0
    return due.map((id, i) => ({ id, shares: own, isFailing, held: inFlight + i, since }))
  })
  candidates.sort((a, b) => Number(a.isFailing) - Number(b.isFailing) || a.held - b.held || a.since - b.since)

  const chosen: bigint[] = []
  for (const candidate of candidates) {
    if (candidate.shares.some(({ most, taken }) => taken >= most)) continue
    for (const share of candidate.shares) share.taken += 1
    chosen.push(candidate.id)
  }
  return chosen
}
