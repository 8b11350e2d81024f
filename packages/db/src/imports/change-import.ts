import { importJobId, type ImportFailure } from '@importer/contracts'

import { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'
import { recordImportEvent } from '../webhooks/record-event.ts'
import type { ReadingDialect } from './import-record.ts'
import { END_SLICE } from './time-slices.ts'

/** Names an import with its caller's fencing token: a change is made only while that is the latest. */
export interface HeldImport {
  readonly importId: number
  readonly fencingToken: number
}

const stillHeld = ({ importId, fencingToken }: HeldImport) =>
  Prisma.sql`id = ${importId}::int AND lease = ${fencingToken}::int AND status = 'processing'`

/** How the file is to be read, found once by its first bytes. False: another claim has a newer fencing token. */
export async function recordDialect(
  database: Database,
  held: HeldImport,
  { delimiter, hasHeader, start }: ReadingDialect,
): Promise<boolean> {
  const changed = await database.prisma.$executeRaw`
    UPDATE import
    SET delimiter = ${delimiter}, has_header = ${hasHeader}::boolean, start_byte = ${start.byteOffset}::bigint,
        start_line = ${start.line}::int, updated_at = clock_timestamp()
    WHERE ${stillHeld(held)}`
  return changed > 0
}

/** Every row of the file has its outcome. False: another claim has a newer fencing token. */
export async function completeImport(database: Database, held: HeldImport, totalRows: number): Promise<boolean> {
  return finish(database, held, { status: 'completed', totalRows })
}

/** The import as a whole cannot go on. What it inserted stays. False: another claim has a newer fencing token. */
export async function failImport(database: Database, held: HeldImport, failure: ImportFailure): Promise<boolean> {
  return finish(database, held, { status: 'failed', failure })
}

const FINISH = `
UPDATE import
SET status = $3::text, total_rows = $4::int, failure_code = $5::text, failure_message = $6::text,
    finished_at = $7::timestamptz, updated_at = $7::timestamptz, ${END_SLICE}
WHERE id = $1::int AND lease = $2::int AND status = 'processing'`

/** The import's end and its deliveries are one transaction: no crash loses a webhook or makes it twice. */
async function finish(
  database: Database,
  { importId, fencingToken }: HeldImport,
  end: { status: 'completed'; totalRows: number } | { status: 'failed'; failure: ImportFailure },
): Promise<boolean> {
  const now = new Date()
  const [totalRows, failure] = end.status === 'completed' ? [end.totalRows, null] : [null, end.failure]
  return database.transaction(async (tx) => {
    const values = [importId, fencingToken, end.status, totalRows, failure?.code ?? null, failure?.message ?? null, now]
    if ((await tx.$executeRawUnsafe(FINISH, ...values)) === 0) return false
    await recordImportEvent(tx, importId, now)
    return true
  })
}

const YIELD = `
UPDATE import SET job_id = $3::text, updated_at = clock_timestamp(), clean_stop = true, ${END_SLICE}
WHERE id = $1::int AND lease = $2::int AND status = 'processing'`

/** Names the job that is to go on with the import, before it is queued. Null: another claim has a newer fencing token. */
export async function yieldImport(database: Database, held: HeldImport): Promise<{ jobId: string } | null> {
  const jobId = importJobId(held.importId, held.fencingToken)
  const count = await database.prisma.$executeRawUnsafe(YIELD, held.importId, held.fencingToken, jobId)
  return count > 0 ? { jobId } : null
}

const COUNT_ERROR = `
UPDATE import SET error_streak = error_streak + 1, updated_at = clock_timestamp(), ${END_SLICE}
WHERE id = $1::int AND lease = $2::int AND status = 'processing'
RETURNING error_streak`

/** Counts an unexpected error. Gives how many there were since the last progress; null: another claim has a newer token. */
export async function countUnexpectedError(database: Database, held: HeldImport): Promise<number | null> {
  const rows = await database.prisma.$queryRawUnsafe<{ error_streak: number }[]>(
    COUNT_ERROR,
    held.importId,
    held.fencingToken,
  )
  return rows[0]?.error_streak ?? null
}

/** There was progress: earlier unexpected errors no longer count. */
export async function clearUnexpectedErrors(database: Database, held: HeldImport): Promise<void> {
  await database.prisma.$executeRaw`
    UPDATE import SET error_streak = 0
    WHERE ${stillHeld(held)} AND error_streak > 0`
}
