import { ROW_ERROR_CODE_COUNT } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { awaitActions } from '../run-action.ts'
import { tryStatement } from '../try-statement.ts'
import { IMPORT_SELECT, toImportRecord, type ImportRecord, type ImportRow, type PartitionBy } from './import-record.ts'
import { BEGIN_SLICE } from './time-slices.ts'

/** How far a partition has come: everything of it before `nextRow` is committed, nothing after it. */
export interface PartitionCheckpoint {
  readonly partition: number
  /** The data row, from 1, with which the partition goes on. */
  readonly nextRow: number
  /** Where that row's record starts: byte from 0, line from 1. */
  readonly nextByte: number
  readonly nextLine: number
}

export interface ClaimedImport {
  readonly record: ImportRecord
  readonly partitions: readonly PartitionCheckpoint[]
}

/**
 * One statement: claims the import with a new fencing token and writes that token into its partitions. Changing a
 * partition waits for a batch of its former holder that is under way, so when this has returned, that holder can commit
 * nothing more. The number of partitions, and what decides which rows a partition has, are the first claim's for good.
 */
const CLAIM = `
WITH claimed AS (
  UPDATE import
  SET status = 'processing', lease = lease + 1, job_id = $2::text, lane_count = coalesce(lane_count, $3::int),
      partition_by = CASE WHEN lane_count IS NULL THEN $5::text ELSE partition_by END,
      started_at = coalesce(started_at, now()), updated_at = clock_timestamp(), ${BEGIN_SLICE}
  WHERE id = $1::int AND status IN ('queued', 'processing') AND NOT to_prepare
  RETURNING id, lease, lane_count
),
fenced AS (
  INSERT INTO import_lane (import_id, lane, lease, error_counts)
  SELECT id, lane, lease, array_fill(0, ARRAY[$4::int])
  FROM claimed, generate_series(0, lane_count - 1) AS lane
  ORDER BY lane
  ON CONFLICT (import_id, lane) DO UPDATE SET lease = excluded.lease
  RETURNING lane AS partition, next_row AS "nextRow", next_byte AS "nextByte", next_line AS "nextLine"
)
SELECT lease AS "fencingToken", (SELECT jsonb_agg(fenced ORDER BY partition) FROM fenced) AS partitions FROM claimed`

interface ClaimRow {
  readonly fencingToken: number
  readonly partitions: readonly PartitionCheckpoint[]
}

const FIND_BY_ID = `${IMPORT_SELECT} WHERE i.id = $1::int`

/** For the worker, which serves every organization. */
export async function findImportById(database: Database, importId: number): Promise<ImportRecord | null> {
  const [row] = await database.prisma.$queryRawUnsafe<ImportRow[]>(FIND_BY_ID, importId)
  return row === undefined ? null : toImportRecord(row)
}

/**
 * Whether there is still something to do at an import, by the worker that holds it if `fencingToken` is given. Waits for an
 * action that is just taking it away.
 */
export async function isStillToDo(database: Database, importId: number, fencingToken?: number): Promise<boolean> {
  await awaitActions(database, importId)
  const rows = await database.prisma.$queryRaw<unknown[]>`
    SELECT id FROM import
    WHERE id = ${importId}::int AND status IN ('queued', 'processing')
      AND (${fencingToken ?? null}::int IS NULL OR (lease = ${fencingToken ?? null}::int AND status = 'processing'))`
  return rows.length > 0
}

/**
 * Takes an import for the job `jobId` and fences whoever held it before. Null when there is nothing to do: it is
 * finished, or there is no such import.
 */
export async function claimImport(
  database: Database,
  options: { importId: number; jobId: string; partitionCount: number; partitionBy: PartitionBy },
): Promise<ClaimedImport | null> {
  const { importId, jobId, partitionCount, partitionBy } = options
  const values = [importId, jobId, partitionCount, ROW_ERROR_CODE_COUNT, partitionBy]
  const claimed = await tryStatement<ClaimRow>(database, 'claim-import', CLAIM, values)
  if (claimed === undefined) return null
  const record = await findImportById(database, importId)
  if (record === null || record.fencingToken !== claimed.fencingToken) return null
  return { record, partitions: claimed.partitions }
}
