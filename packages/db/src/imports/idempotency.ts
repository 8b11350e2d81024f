import { randomUUID } from 'node:crypto'

import type { Database } from '../open-database.ts'
import { IMPORT_SELECT, toImportRecord, type ImportRecord, type ImportRow } from './import-record.ts'

/** How long the answer to an Idempotency-Key is remembered. */
const KEPT_HOURS = 24

/** A claim that was not renewed for so long belongs to a process that died. */
const CLAIM_TTL_S = 15

export interface IdempotencyClaim {
  readonly orgId: number
  readonly key: string
  readonly token: string
}

/**
 * The import that a key made, with the hash of the payload that came with it; null when the key has made none in the
 * last 24 hours. The key is part of the import's own row, so no crash can come between the two.
 */
export async function findImportByKey(database: Database, orgId: number, key: string): Promise<ImportRecord | null> {
  await database.prisma.$executeRaw`
    UPDATE import SET idempotency_key = NULL
    WHERE org_id = ${orgId}::int AND idempotency_key = ${key} AND created_at < now() - make_interval(hours => ${KEPT_HOURS}::int)`
  const [row] = await database.prisma.$queryRawUnsafe<ImportRow[]>(
    `${IMPORT_SELECT} WHERE i.org_id = $1::int AND i.idempotency_key = $2::text`,
    orgId,
    key,
  )
  return row === undefined ? null : toImportRecord(row)
}

/** Takes a key for a request that is under way; null while another request has it. */
export async function claimKey(database: Database, orgId: number, key: string): Promise<IdempotencyClaim | null> {
  const token = randomUUID()
  const claimed = await database.prisma.$executeRaw`
    INSERT INTO idempotency_claim (org_id, key, token) VALUES (${orgId}::int, ${key}, ${token})
    ON CONFLICT (org_id, key) DO UPDATE SET token = excluded.token, claimed_at = clock_timestamp()
    WHERE idempotency_claim.claimed_at < clock_timestamp() - make_interval(secs => ${CLAIM_TTL_S}::int)`
  return claimed > 0 ? { orgId, key, token } : null
}

/** Says that the request is still alive. */
export async function renewClaim(database: Database, { orgId, key, token }: IdempotencyClaim): Promise<void> {
  await database.prisma.$executeRaw`
    UPDATE idempotency_claim SET claimed_at = clock_timestamp()
    WHERE org_id = ${orgId}::int AND key = ${key} AND token = ${token}`
}

export async function releaseClaim(database: Database, { orgId, key, token }: IdempotencyClaim): Promise<void> {
  await database.prisma.idempotencyClaim.deleteMany({ where: { orgId, key, token } })
}
