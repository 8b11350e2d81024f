import type {
  DeliveryFailureCode,
  DeliveryStatus,
  EndpointDisabledReason,
  WebhookAttemptError,
} from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { BEGIN_ATTEMPT, END_ATTEMPT } from '../sql/attempt-delivery.ts'
import { FIND_RECEIVERS, RESERVE_DELIVERIES } from '../sql/reserve-deliveries.ts'
import { bindParameters } from '../sql/statement.ts'
import { SealedSecretError } from './secret-vault.ts'
import { ensureOrgSecret } from './secrets.ts'

/** A job that is to be queued: `turn` is what it holds against {@link beginAttempt}. */
export interface ReservedDelivery {
  readonly deliveryId: number
  readonly turn: number
}

/** An endpoint, or a callback host of an organization, that has deliveries in flight or due. */
export interface Receiver {
  readonly receiver: string
  readonly orgId: number
  /** Its last attempt failed, or one that is under way hangs. */
  readonly isFailing: boolean
  /** How many of its deliveries a queued job or a worker has. */
  readonly inFlight: number
  /** The ids of the first that are due and not in flight, oldest first. */
  readonly due: readonly bigint[]
  readonly dueSince: Date | null
}

/** `hangingSince`: an attempt that began by then, and has not ended, hangs. `mostDue`: how many due ones each is given with. */
export async function findReceivers(
  { prisma }: Database,
  { now, hangingSince, mostDue }: { readonly now: Date; readonly hangingSince: Date; readonly mostDue: number },
): Promise<Receiver[]> {
  return prisma.$queryRawUnsafe<Receiver[]>(FIND_RECEIVERS, now, hangingSince, mostDue)
}

/** Those of them that nobody else has reserved. A job that has not begun by `reservedUntil` counts as lost. */
export async function reserveDeliveries(
  { prisma }: Database,
  ids: readonly bigint[],
  { now, reservedUntil }: { readonly now: Date; readonly reservedUntil: Date },
): Promise<ReservedDelivery[]> {
  if (ids.length === 0) return []
  return prisma.$queryRawUnsafe<ReservedDelivery[]>(RESERVE_DELIVERIES, ids, reservedUntil, now)
}

/** Gives back what could not be queued, but for what a worker has begun, or is beginning, all the same. */
export async function releaseDeliveries(
  { prisma }: Database,
  reserved: readonly ReservedDelivery[],
  reservedUntil: Date,
): Promise<void> {
  const ids = reserved.map(({ deliveryId }) => BigInt(deliveryId))
  await prisma.$executeRaw`
    UPDATE webhook_delivery SET reserved_until = NULL
    WHERE id IN (
      SELECT id FROM webhook_delivery
      WHERE id = ANY (${ids}::bigint[]) AND reserved_until = ${reservedUntil}::timestamptz AND status = 'pending'
      FOR NO KEY UPDATE SKIP LOCKED
    )`
}

/** One attempt that has begun, and is on record as such. */
export interface BegunAttempt {
  readonly id: bigint
  readonly orgId: number
  /** Null: a callback URL. */
  readonly endpointId: number | null
  readonly turn: number
  /** Of all attempts of this delivery, from 1. */
  readonly number: number
  /** How many attempts failed before this one since the delivery was made or redelivered: none whose worker died or was stopped. */
  readonly failedAttempts: number
  readonly webhookId: string
  readonly url: string
  readonly failingSince: Date | null
  /** Up to an hour behind. */
  readonly failedAt: Date | null
  /** Since when no secret opened; null: the attempt before could be signed, or there was none. */
  readonly unsignedSince: Date | null
  /** Of the import whose end it notifies of; null: a test, or not traced. */
  readonly traceparent: string | null
  readonly importId: number | null
  readonly body: string
  /** All that are valid now, the current one first; without those that cannot be opened. */
  readonly secrets: readonly string[]
  /** Why the others cannot be opened. */
  readonly unreadable: readonly SealedSecretError[]
}

type AttemptRow = Omit<BegunAttempt, 'unreadable'>

/** Null: there is nothing to do, as the job came late or the endpoint is notified of nothing any more. */
export async function beginAttempt(
  database: Database,
  options: { deliveryId: number; turn: number; now: Date; reservedUntil: Date },
): Promise<BegunAttempt | null> {
  const [row] = await database.prisma.$queryRawUnsafe<AttemptRow[]>(
    BEGIN_ATTEMPT,
    options.deliveryId,
    options.turn,
    options.now,
    options.reservedUntil,
  )
  return row === undefined ? null : openSecrets(database, row)
}

async function openSecrets(database: Database, row: AttemptRow): Promise<BegunAttempt> {
  const secrets: string[] = []
  const unreadable: SealedSecretError[] = []
  for (const stored of row.secrets) {
    try {
      secrets.push(database.secrets.open(stored, row))
    } catch (error) {
      if (!(error instanceof SealedSecretError)) throw error
      unreadable.push(error)
    }
  }
  // That of the organization is made when something is signed with it for the first time.
  if (row.secrets.length === 0 && row.endpointId === null) secrets.push(await ensureOrgSecret(database, row.orgId))
  return { ...row, secrets, unreadable }
}

/** What becomes of a delivery, and of its endpoint, after an attempt. */
export interface Decision {
  readonly status: DeliveryStatus
  readonly nextAttemptAt: Date | null
  readonly failureCode: DeliveryFailureCode | null
  /** If that still holds when it is recorded the delivery is given up; else it goes on as the rest says. */
  readonly disableEndpoint: EndpointDisabledReason | null
  /** Whether it speaks against the receiver: an endpoint's failures are counted from the first after its last success, or after a quiet time. */
  readonly receiverFailed: boolean
}

export interface AttemptEnd extends Decision {
  readonly now: Date
  readonly durationMs: number
  readonly httpStatus: number | null
  readonly errorCode: WebhookAttemptError | null
  /** The first 1 kB of the answer, as text that can be shown. */
  readonly answer: string | null
  /** What has failed since then is disabled as FAILING. */
  readonly failingBefore: Date
  /** What has not failed since then begins to fail anew. */
  readonly quietSince: Date
}

/** What has become of the delivery and of its endpoint. */
export interface RecordedEnd {
  readonly status: DeliveryStatus
  readonly nextAttemptAt: Date | null
  readonly isDisabled: boolean
}

/** Null: somebody else has taken the delivery on meanwhile, and what came of this attempt is on record only. */
export async function endAttempt(
  database: Database,
  { id, turn, number, url }: BegunAttempt,
  end: AttemptEnd,
): Promise<RecordedEnd | null> {
  const [row] = await database.prisma.$queryRawUnsafe<RecordedEnd[]>(
    END_ATTEMPT.text,
    ...bindParameters(END_ATTEMPT, { ...end, delivery: id, turn, number, url }),
  )
  return row ?? null
}
