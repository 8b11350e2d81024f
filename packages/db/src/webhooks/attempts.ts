import type {
  DeliveryFailureCode,
  DeliveryStatus,
  EndpointDisabledReason,
  WebhookAttemptError,
} from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { BEGIN_ATTEMPT, END_ATTEMPT } from '../sql/attempt-delivery.ts'
import { RESERVE_DELIVERIES } from '../sql/reserve-deliveries.ts'
import { bindParameters } from '../sql/statement.ts'
import { SealedSecretError } from './secret-vault.ts'
import { ensureOrgSecret } from './secrets.ts'

/** A job that is to be queued: `turn` is what it holds against {@link beginAttempt}. */
export interface ReservedDelivery {
  readonly deliveryId: number
  readonly turn: number
}

export interface ReserveOptions extends DeliverySlots {
  readonly now: Date
  /** A job that has not begun by then counts as lost, and another is queued. */
  readonly reservedUntil: Date
  /** An attempt that began by then, and has not ended, hangs. */
  readonly hangingSince: Date
  readonly limit: number
}

/** How many deliveries may be in flight at once, over all workers. */
export interface DeliverySlots {
  /** Of one endpoint, or of one callback host and organization. */
  readonly mostPerReceiver: number
  /** The same of one that fails or hangs. */
  readonly mostPerFailing: number
  /** Of all receivers of an organization that fail or hang. */
  readonly mostFailingPerOrg: number
  /** Of all receivers that fail or hang. */
  readonly mostFailing: number
  readonly mostPerOrg: number
}

/** Deliveries whose time has come and that are not in flight, now reserved: whoever gets them queues their jobs. */
export async function reserveDueDeliveries(database: Database, options: ReserveOptions): Promise<ReservedDelivery[]> {
  const rows = await database.prisma.$queryRawUnsafe<{ id: bigint; turn: number }[]>(
    RESERVE_DELIVERIES.text,
    ...bindParameters(RESERVE_DELIVERIES, { ...options }),
  )
  return rows.map(({ id, turn }) => ({ deliveryId: Number(id), turn }))
}

/** Gives back what could not be queued. */
export async function releaseDeliveries(database: Database, reserved: readonly ReservedDelivery[]): Promise<void> {
  for (const { deliveryId, turn } of reserved) {
    await database.prisma.webhookDelivery.updateMany({
      where: { id: deliveryId, turn, status: 'pending' },
      data: { reservedUntil: null },
    })
  }
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
  /** Of this run through the schedule, from 1: attempts whose worker died or was stopped do not count. */
  readonly roundAttempt: number
  readonly webhookId: string
  readonly url: string
  readonly failingSince: Date | null
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

export interface AttemptEnd {
  readonly now: Date
  readonly durationMs: number
  readonly httpStatus: number | null
  readonly errorCode: WebhookAttemptError | null
  /** The first 1 kB of the answer, as text that can be shown. */
  readonly answer: string | null
  readonly status: DeliveryStatus
  readonly nextAttemptAt: Date | null
  readonly failureCode: DeliveryFailureCode | null
  /** Set when the endpoint is to be notified of nothing more, if it is still so when that is recorded. */
  readonly disableEndpoint: EndpointDisabledReason | null
  /** What has failed since then is disabled as FAILING. */
  readonly failingBefore: Date
  /** An endpoint's failures are counted from the first after its last success. */
  readonly receiverFailed: boolean
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
