import type { ImportFailure } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { runTransaction } from '../run-transaction.ts'
import { recordImportEvent } from '../webhooks/record-event.ts'
import { importJobId } from './create-import.ts'

/** Names an import under the lease that its caller holds: a change is made only while it is the latest. */
export interface HeldImport {
  readonly importId: number
  readonly lease: number
}

const stillHeld = ({ importId, lease }: HeldImport) => ({ id: importId, lease, status: 'processing' })

/** How the file is to be read, found once by its first bytes. False: the lease is lost. */
export async function recordDialect(
  database: Database,
  held: HeldImport,
  dialect: { delimiter: string; hasHeader: boolean },
): Promise<boolean> {
  const { count } = await database.prisma.import.updateMany({
    where: stillHeld(held),
    data: { ...dialect, updatedAt: new Date() },
  })
  return count > 0
}

/** Every row of the file has its outcome. False: the lease is lost. */
export async function completeImport(database: Database, held: HeldImport, totalRows: number): Promise<boolean> {
  return finish(database, held, { status: 'completed', totalRows })
}

/** The import as a whole cannot go on. What it inserted stays. False: the lease is lost. */
export async function failImport(database: Database, held: HeldImport, failure: ImportFailure): Promise<boolean> {
  return finish(database, held, { status: 'failed', failureCode: failure.code, failureMessage: failure.message })
}

/** The import's end and its deliveries are one transaction: no crash loses a webhook or makes it twice. */
async function finish(
  database: Database,
  held: HeldImport,
  data: { status: string; totalRows?: number; failureCode?: string; failureMessage?: string },
): Promise<boolean> {
  const now = new Date()
  return runTransaction(database, async (tx) => {
    const { count } = await tx.import.updateMany({
      where: stillHeld(held),
      data: { ...data, finishedAt: now, updatedAt: now },
    })
    if (count === 0) return false
    await recordImportEvent(tx, held.importId, now)
    return true
  })
}

/** Names the job that is to go on with the import, before it is queued. Null: the lease is lost. */
export async function handOnImport(database: Database, held: HeldImport): Promise<{ jobId: string } | null> {
  const jobId = importJobId(held.importId, held.lease)
  const { count } = await database.prisma.import.updateMany({
    where: stillHeld(held),
    data: { jobId, updatedAt: new Date() },
  })
  return count > 0 ? { jobId } : null
}

/** Counts an unexpected error and gives how many there were since the last progress; null when the lease is lost. */
export async function countUnexpectedError(database: Database, held: HeldImport): Promise<number | null> {
  const rows = await database.prisma.$queryRaw<{ error_streak: number }[]>`
    UPDATE import SET error_streak = error_streak + 1, updated_at = clock_timestamp()
    WHERE id = ${held.importId}::int AND lease = ${held.lease}::int AND status = 'processing'
    RETURNING error_streak`
  return rows[0]?.error_streak ?? null
}

/** There was progress: earlier unexpected errors no longer count. */
export async function clearUnexpectedErrors(database: Database, held: HeldImport): Promise<void> {
  await database.prisma.import.updateMany({
    where: { ...stillHeld(held), errorStreak: { gt: 0 } },
    data: { errorStreak: 0 },
  })
}
