import { createHash, randomBytes } from 'node:crypto'

import type { Role } from '@importer/contracts'

import type { ApiKeyIdentity } from './api-keys.ts'
import type { Database } from './open-database.ts'

/** A session ends when it was not used for so long, and when it is so old, whichever comes first. */
const IDLE_MS = 30 * 60_000
const MOST_AGE_MS = 8 * 3_600_000
/** A use is noted when the last one that was noted is older than this. */
const NOTED_EVERY_MS = 10_000

export interface NewSession {
  /** For the browser alone: what is stored of it is a hash. */
  readonly token: string
  readonly expiresAt: Date
}

/** Signs a browser in with a key. Sessions that are over are deleted on the way. */
export async function createSession(database: Database, apiKeyId: number): Promise<NewSession> {
  const token = randomBytes(32).toString('base64url')
  const tokenHash = hashToken(token)
  await database.prisma.$executeRaw`
    DELETE FROM session
    WHERE last_used_at < now() - ${IDLE_MS} * interval '1 ms' OR created_at < now() - ${MOST_AGE_MS} * interval '1 ms'`
  const { createdAt } = await database.prisma.session.create({
    data: { tokenHash, apiKeyId },
    select: { createdAt: true },
  })
  return { token, expiresAt: new Date(createdAt.getTime() + Math.min(IDLE_MS, MOST_AGE_MS)) }
}

interface SessionRow {
  readonly id: number
  readonly orgId: number
  readonly name: string | null
  readonly role: string
  readonly expiresAt: Date
  readonly isNoteDue: boolean
}

/**
 * Whose session it is, and until when if it is not used again; null when there is none, or it or its key is over. This
 * counts as a use. All times are the database's: the clocks of several hosts may differ.
 */
export async function useSession(
  database: Database,
  token: string,
): Promise<{ readonly key: ApiKeyIdentity; readonly expiresAt: Date } | null> {
  const tokenHash = hashToken(token)
  const [row] = await database.prisma.$queryRaw<SessionRow[]>`
    SELECT k.id, k.org_id AS "orgId", k.name, k.role,
      least(now() + ${IDLE_MS} * interval '1 ms', s.created_at + ${MOST_AGE_MS} * interval '1 ms') AS "expiresAt",
      s.last_used_at < now() - ${NOTED_EVERY_MS} * interval '1 ms' AS "isNoteDue"
    FROM session s JOIN api_key k ON k.id = s.api_key_id
    WHERE s.token_hash = ${tokenHash} AND k.revoked_at IS NULL
      AND s.last_used_at > now() - ${IDLE_MS} * interval '1 ms'
      AND s.created_at > now() - ${MOST_AGE_MS} * interval '1 ms'`
  if (row === undefined) return null
  if (row.isNoteDue) {
    await database.prisma.$executeRaw`UPDATE session SET last_used_at = now() WHERE token_hash = ${tokenHash}`
  }
  const { id, orgId, name, role, expiresAt } = row
  return { key: { id, orgId, name, role: role as Role }, expiresAt }
}

/** Signs a browser out. A session that is over already stays so. */
export async function endSession(database: Database, token: string): Promise<void> {
  await database.prisma.session.deleteMany({ where: { tokenHash: hashToken(token) } })
}

/** Tokens are long and random, so a slow hash would add nothing. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
