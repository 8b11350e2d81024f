import type { Database } from '../open-database.ts'
import { SealedSecretError } from './secret-vault.ts'

const PAGE_ROWS = 500

/**
 * Seals what is stored unsealed or under a former key with the first key, and tells how many were. `unreadable`: those that no
 * key opens, left as they are. Does nothing without a key. By several at once, and beside rotations: a secret that was
 * changed meanwhile is left alone.
 */
export async function resealSecrets({
  prisma,
  secrets,
}: Database): Promise<{ readonly resealed: number; readonly unreadable: readonly Error[] }> {
  const unreadable: Error[] = []
  let resealed = 0
  let afterId = 0
  for (;;) {
    const rows = await prisma.webhookSecret.findMany({
      where: { id: { gt: afterId } },
      orderBy: { id: 'asc' },
      take: PAGE_ROWS,
    })
    for (const row of rows) {
      afterId = row.id
      if (!secrets.isOutdated(row.secret)) continue
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
    if (rows.length < PAGE_ROWS) return { resealed, unreadable }
  }
}
