import type { Database } from '../open-database.ts'

/** As many imports of the organization wait for a worker as may. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
  readonly maxQueued: number

  constructor(maxQueued: number) {
    super(`${maxQueued} imports of this organization wait already`)
    this.maxQueued = maxQueued
  }
}

/** How many imports of an organization wait for a worker. */
export async function countQueuedImports({ prisma }: Pick<Database, 'prisma'>, orgId: number): Promise<number> {
  const [row] = await prisma.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM import WHERE org_id = ${orgId}::int AND status = 'queued'`
  return row?.count ?? 0
}

/** The lock that whoever makes an import wait holds from the count to the commit: else two could take the last place. */
export function queueLock(orgId: number): string {
  return `queue/${orgId}`
}
