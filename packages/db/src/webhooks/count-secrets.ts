import type { Database } from '../open-database.ts'

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
