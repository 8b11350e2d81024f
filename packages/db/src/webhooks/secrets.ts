import { randomBytes } from 'node:crypto'

import { SECRET_OVERLAP_MS } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { wakeUnsigned } from './wake-unsigned.ts'

/** Of one endpoint, its current secret included: more would make the signature header grow without end. */
const MAX_VALID_SECRETS = 5
/** Standard Webhooks: 24 to 64 bytes. */
const SECRET_BYTES = 32

export function generateWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
}

/** The organization's own secret, made when it is asked for the first time. Throws a SealedSecretError. */
export async function ensureOrgSecret({ prisma, secrets }: Database, orgId: number): Promise<string> {
  const owner = { orgId, endpointId: null }
  const where = { orgId, endpointId: null, expiresAt: null }
  const known = await prisma.webhookSecret.findFirst({ where })
  if (known !== null) return secrets.open(known.secret, owner)
  await prisma.$executeRaw`
    INSERT INTO webhook_secret (org_id, secret)
    VALUES (${orgId}::int, ${secrets.seal(generateWebhookSecret(), owner)}) ON CONFLICT DO NOTHING`
  const made = await prisma.webhookSecret.findFirst({ where })
  if (made === null) throw new Error(`the webhook secret of organization ${orgId} is gone right after it was made`)
  return secrets.open(made.secret, owner)
}

/**
 * Makes a new secret for an endpoint, or for the organization's callback URLs; the present one goes on signing beside it
 * for 24 hours. Deliveries that wait for a secret that opens are due at once. Null: there is no such endpoint, or it has been
 * rotated too often within that time.
 */
export async function rotateWebhookSecret(
  database: Database,
  options: { orgId: number; endpointId: number | null; now: Date },
): Promise<{ secret: string; previousExpiresAt: Date } | 'not-found' | 'too-many'> {
  const { orgId, endpointId, now } = options
  const secret = generateWebhookSecret()
  const previousExpiresAt = new Date(now.getTime() + SECRET_OVERLAP_MS)
  const rotated = await database.transaction(async (tx) => {
    // The row's lock lets two rotations happen one after the other.
    const owner =
      endpointId === null
        ? await tx.$queryRaw<object[]>`SELECT FROM organization WHERE id = ${orgId}::int FOR NO KEY UPDATE`
        : await tx.$queryRaw<object[]>`
            SELECT FROM webhook_endpoint
            WHERE id = ${endpointId}::int AND org_id = ${orgId}::int AND status <> 'deleted' FOR NO KEY UPDATE`
    if (owner.length === 0) return 'not-found' as const
    await tx.webhookSecret.deleteMany({ where: { orgId, endpointId, expiresAt: { lte: now } } })
    const valid = await tx.webhookSecret.count({ where: { orgId, endpointId } })
    if (valid >= MAX_VALID_SECRETS) return 'too-many' as const
    await tx.webhookSecret.updateMany({
      where: { orgId, endpointId, expiresAt: null },
      data: { expiresAt: previousExpiresAt },
    })
    await tx.webhookSecret.create({
      data: { orgId, endpointId, secret: database.secrets.seal(secret, { orgId, endpointId }), createdAt: now },
    })
    return { secret, previousExpiresAt }
  })
  if (typeof rotated !== 'string') await wakeUnsigned(database, now, { orgId, endpointId })
  return rotated
}

interface KeyCount {
  /** Null: sealed in a form that this version does not know. */
  readonly keyId: string | null
  readonly count: number
}

/** How many secrets that still sign are stored in which form. */
export interface SecretCounts {
  /** By the keys that this process has, in their order; 0 too. */
  readonly known: readonly KeyCount[]
  /** By the keys that it does not have. */
  readonly unknown: readonly KeyCount[]
  readonly unsealed: number
}

export async function countSecretsByKey({ prisma, secrets }: Database): Promise<SecretCounts> {
  const rows = await prisma.$queryRaw<{ sealed: boolean; keyId: string | null; count: number }[]>`
    SELECT secret LIKE 'sealed:%' AS sealed, substring(secret FROM '^sealed:1:([0-9a-f]{8}):') AS "keyId",
      count(*)::int AS count
    FROM webhook_secret WHERE expires_at IS NULL OR expires_at > now()
    GROUP BY 1, 2 ORDER BY 2`
  const sealed = rows.filter((row) => row.sealed).map(({ keyId, count }): KeyCount => ({ keyId, count }))
  return {
    known: secrets.keyIds.map((id) => sealed.find(({ keyId }) => keyId === id) ?? { keyId: id, count: 0 }),
    unknown: sealed.filter(({ keyId }) => keyId === null || !secrets.keyIds.includes(keyId)),
    unsealed: rows.find((row) => !row.sealed)?.count ?? 0,
  }
}
