import { randomInt, randomUUID } from 'node:crypto'

import { ROW_ERROR_CODE_COUNT, type ColumnMapping } from '@importer/contracts'

import type { Database, Transaction } from '../open-database.ts'
import { nameImport } from '../row-security/scope.ts'
import type { Strategy } from '../sql/commit-batch.ts'
import type { PartitionCheckpoint } from './claim-import.ts'
import { commitPartitionBatch, type BatchColumns } from './partitions.ts'

/** The first rows of a file, as the one batch of an import that is never made. */
export interface RehearsedRows {
  readonly orgId: number
  readonly seriesId: bigint
  readonly mapping: ColumnMapping
  readonly columns: BatchColumns
  /** How many rows these are. */
  readonly rows: number
  readonly strategy: Strategy
}

/** Sequences give no negative ids, so this is nobody's import; two rehearsals at once that draw the same one only wait. */
const MIN_ID = -2_000_000_000

/** Carries a result out of a transaction of which nothing is kept. */
class RolledBack<Result> extends Error {
  override readonly name = 'RolledBack'
  readonly result: Result

  constructor(result: Result) {
    super('the rows were looked at, and nothing of it is kept')
    this.result = result
  }
}

/**
 * Says which errors an import of these rows would record, as encoded, by row number: runs the very statement of an import's
 * batch, as that of a dry run, in a transaction that is rolled back. Null: the series is not of the kind that the
 * strategy is for.
 *
 * Locks nothing that anybody waits for: every row that it writes is of its own import.
 */
export async function rehearseRows(
  database: Database,
  rehearsed: RehearsedRows,
): Promise<ReadonlyMap<number, readonly number[]> | null> {
  try {
    return await database.transaction(async (tx) => {
      throw new RolledBack(await recordErrors(database, tx, rehearsed))
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.result as Awaited<ReturnType<typeof recordErrors>>
    throw error
  }
}

async function recordErrors(
  database: Database,
  tx: Transaction,
  { orgId, seriesId, mapping, columns, rows, strategy }: RehearsedRows,
): Promise<ReadonlyMap<number, readonly number[]> | null> {
  const importId = randomInt(MIN_ID, 0)
  await tx.$executeRaw`
    INSERT INTO import (id, org_id, series_id, status, lease, file_key, file_name, sha256, bytes, mapping, dry_run, lane_count)
    VALUES (${importId}::int, ${orgId}::int, ${seriesId}::bigint, 'processing', 1, ${`rehearsal/${randomUUID()}`}, '', '', 0,
            ${JSON.stringify(mapping)}::jsonb, true, 1)`
  const naming = nameImport(importId, { isLocal: true })
  await tx.$executeRawUnsafe(naming.text, ...naming.values)
  await tx.$executeRaw`
    INSERT INTO import_lane (import_id, lane, lease, error_counts)
    VALUES (${importId}::int, 0, 1, array_fill(0, ARRAY[${ROW_ERROR_CODE_COUNT}::int]))`
  const from: PartitionCheckpoint = { partition: 0, nextRow: 1, nextByte: 0, nextLine: 1 }
  const batch = {
    held: { importId, fencingToken: 1 },
    orgId,
    seriesId,
    from,
    to: { ...from, nextRow: rows + 1 },
    columns,
  }
  const result = await commitPartitionBatch(
    { queryBatch: async (text, parameters) => database.queryBatchIn(tx, text, parameters) },
    batch,
    { strategy, dryRun: true },
  )
  if (result.status === 'lost') return null
  const rejected = await tx.rejectedRow.findMany({
    where: { importId },
    select: { rowNumber: true, errors: true },
  })
  return new Map(rejected.map(({ rowNumber, errors }) => [rowNumber, errors]))
}
