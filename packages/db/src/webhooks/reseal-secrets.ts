import type { Database } from '../open-database.ts'
import { nameSealedPrefix, SealedSecretError } from './secret-vault.ts'

const PAGE_ROWS = 500

export interface Resealing {
  readonly resealed: number
  /** Of secrets that no key opens: they are left as they are. */
  readonly unreadable: readonly Error[]
  /** Where the next run goes on; 0: at the beginning. */
  readonly reached: number
}

/**
 * Seals one page of what is stored unsealed or under another key with the first key, and asks for nothing else: where all is
 * sealed with that, it costs one query. Does nothing without a key. By several at once, and beside rotations: a secret that
 * was changed meanwhile is left alone.
 */
export async function resealSecrets({ prisma, secrets }: Database, reached = 0): Promise<Resealing> {
  const [firstKeyId] = secrets.keyIds
  const unreadable: Error[] = []
  let resealed = 0
  if (firstKeyId === undefined) return { resealed, unreadable, reached: 0 }
  const rows = await prisma.webhookSecret.findMany({
    where: { id: { gt: reached }, NOT: { secret: { startsWith: nameSealedPrefix(firstKeyId) } } },
    orderBy: { id: 'asc' },
    take: PAGE_ROWS,
  })
  for (const row of rows) {
    try {
      const secret = secrets.seal(secrets.open(row.secret, row), row)
      resealed += (
        await prisma.webhookSecret.updateMany({ where: { id: row.id, secret: row.secret }, data: { secret } })
      ).count
    } catch (error) {
      if (!(error instanceof SealedSecretError)) throw error
      unreadable.push(error)
    }
  }
  return { resealed, unreadable, reached: rows.length < PAGE_ROWS ? 0 : (rows.at(-1)?.id ?? 0) }
}
