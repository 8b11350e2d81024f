import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

import type { Actor, Role } from '@importer/contracts'

import { setActor } from './audit/record-audit-event.ts'
import type { Database } from './open-database.ts'

/** Whoever works on the database itself, with the command line. */
const COMMAND_LINE: Actor = { type: 'system', name: 'command line' }

export interface ApiKeyIdentity {
  readonly id: number
  readonly orgId: number
  readonly name: string | null
  readonly role: Role
}

export interface ApiKeyDescription extends ApiKeyIdentity {
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** What is stored of a key: SHA-256, in hex. Keys are long and random, so a slow hash would add nothing. */
function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

function generateApiKey(): string {
  return `rik_${randomBytes(32).toString('base64url')}`
}

interface KeyRow extends Omit<ApiKeyIdentity, 'role'> {
  readonly role: string
  readonly keyHash: string
}

/** Who a key belongs to; null when it is unknown or revoked. */
export async function findApiKey(database: Database, key: string): Promise<ApiKeyIdentity | null> {
  const keyHash = hashApiKey(key)
  const [row] = await database.prisma.$queryRaw<KeyRow[]>`
    SELECT id, org_id AS "orgId", name, role, key_hash AS "keyHash" FROM api_key
    WHERE key_hash = ${keyHash} AND revoked_at IS NULL`
  if (row === undefined) return null
  if (!timingSafeEqual(Buffer.from(row.keyHash), Buffer.from(keyHash))) return null
  return { id: row.id, orgId: row.orgId, name: row.name, role: row.role as Role }
}

/** Makes a key, and its organization when there is none yet. The key is shown here and never again. */
export async function createApiKey(
  database: Database,
  options: { orgId: number; role: Role; name?: string; actor?: Actor },
): Promise<{ id: number; key: string }> {
  const key = generateApiKey()
  await ensureOrganization(database, options.orgId)
  const { id } = await database.transaction(async (tx) => {
    await setActor(tx, options.actor ?? COMMAND_LINE)
    return tx.apiKey.create({
      data: { orgId: options.orgId, role: options.role, name: options.name ?? null, keyHash: hashApiKey(key) },
      select: { id: true },
    })
  })
  return { id, key }
}

/** False when the organization has no such key, or it was revoked before. */
export async function revokeApiKey(
  database: Database,
  { orgId, id, actor = COMMAND_LINE }: { orgId: number; id: number; actor?: Actor },
): Promise<boolean> {
  return database.transaction(async (tx) => {
    await setActor(tx, actor)
    const { count } = await tx.apiKey.updateMany({
      where: { orgId, id, revokedAt: null },
      data: { revokedAt: new Date() },
    })
    return count > 0
  })
}

export async function listApiKeys(database: Database, orgId: number): Promise<ApiKeyDescription[]> {
  const rows = await database.prisma.apiKey.findMany({ where: { orgId }, orderBy: { id: 'asc' } })
  return rows.map(({ id, role, name, createdAt, revokedAt }) => ({
    id,
    orgId,
    role: role as Role,
    name,
    createdAt,
    revokedAt,
  }))
}

/**
 * Sees to it that a key is there for an organization with role admin. With `revive` it works afterwards in any case; else
 * one that was revoked stays so.
 */
export async function ensureAdminKey(
  database: Database,
  { orgId, apiKey, revive }: { orgId: number; apiKey: string; revive: boolean },
): Promise<void> {
  await ensureOrganization(database, orgId)
  const keyHash = hashApiKey(apiKey)
  const admin = { orgId, role: 'admin' }
  await database.prisma.apiKey.upsert({
    where: { keyHash },
    create: { ...admin, name: 'bootstrap', keyHash },
    update: { ...admin, ...(revive ? { revokedAt: null } : {}) },
  })
}

/** Several processes may do so at once: Prisma's upsert without anything to update looks first and inserts then, and one of them would fail. */
export async function ensureOrganization(database: Database, id: number): Promise<void> {
  await database.prisma.organization.createMany({ data: [{ id }], skipDuplicates: true })
}
