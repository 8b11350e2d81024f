import { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'

export interface StrandedImport {
  readonly importId: number
  readonly fencingToken: number
  /** The job that was to run it last; null: it never had one. */
  readonly jobId: string | null
  /** Its file is yet to be made: that is the job that it needs. */
  readonly toPrepare: boolean
}

export interface StrandedPage {
  /** Without progress for so long. */
  readonly quietMs: number
  /** Ids greater than this. */
  readonly afterId: number
  readonly limit: number
}

/**
 * Unfinished imports without progress, by id, up to `limit`; with `afterId` null the newest, the last one first. By
 * import_unfinished_id_idx, however many wait.
 */
export async function findStrandedImports(
  { prisma }: Database,
  { quietMs, afterId, limit }: Omit<StrandedPage, 'afterId'> & { readonly afterId: number | null },
): Promise<StrandedImport[]> {
  const [after, order] = afterId === null ? [-1, Prisma.sql`DESC`] : [afterId, Prisma.sql`ASC`]
  return prisma.$queryRaw<StrandedImport[]>`
    SELECT i.id AS "importId", i.lease AS "fencingToken", i.job_id AS "jobId", i.to_prepare AS "toPrepare"
    FROM import i
    WHERE i.status IN ('queued', 'processing') AND i.id > ${after}::int
      AND i.updated_at < clock_timestamp() - ${quietMs}::float8 * interval '1 millisecond'
      AND NOT EXISTS (
        SELECT FROM import_lane l
        WHERE l.import_id = i.id AND l.updated_at >= clock_timestamp() - ${quietMs}::float8 * interval '1 millisecond'
      )
    ORDER BY i.id ${order} LIMIT ${limit}::int`
}

/** Which of these stored files belong to no import. */
export async function findUnknownFileKeys({ prisma }: Database, fileKeys: readonly string[]): Promise<string[]> {
  const rows = await prisma.$queryRaw<{ key: string }[]>`
    SELECT k.key FROM unnest(${[...fileKeys]}::text[]) AS k (key)
    WHERE NOT EXISTS (SELECT FROM import i WHERE i.file_key = k.key)
      AND NOT EXISTS (SELECT FROM import i WHERE i.upload_file_key = k.key)`
  return rows.map((row) => row.key)
}
