import {
  ROW_ERROR_CODES,
  ROW_RULES,
  type ColumnKey,
  type CouponKey,
  type CustomerKey,
  type OptionalKey,
  type RowErrorCode,
} from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { bindParameters } from '../sql/statement.ts'
import { commitBatch, type BatchParameter, type BatchShape } from '../sql/commit-batch.ts'
import { tryStatement } from '../try-statement.ts'
import type { HeldImport } from './change-import.ts'
import type { PartitionCheckpoint } from './claim-import.ts'

/**
 * The rows of one partition's batch, column by column as arrays in binary format (array-columns.ts).
 */
export interface BatchColumns {
  readonly rowNumbers: Buffer
  readonly lines: Buffer
  readonly byteOffsets: Buffer
  readonly tills: Buffer
  /** Epoch milliseconds. */
  readonly redeemedMs: Buffer
  /** The chosen identifier stands in its column; in the others of the row stands NULL. */
  readonly customers: Readonly<Partial<Record<CustomerKey, Buffer>>>
  readonly coupons: Readonly<Partial<Record<CouponKey, Buffer>>>
  readonly optional: Readonly<Partial<Record<OptionalKey, Buffer>>>
  /** Rows that were rejected before any look-up: their errors are texts of array literals (`{2048}`). */
  readonly rejectedRowNumbers: Buffer
  readonly rejectedLines: Buffer
  readonly rejectedByteOffsets: Buffer
  readonly rejectedErrors: Buffer
  /** Of some of these rows: where reading can begin. */
  readonly markRowNumbers: Buffer
  readonly markLines: Buffer
  readonly markByteOffsets: Buffer
  /** The most cells that a record of the batch has. */
  readonly columnCount: number
}

export interface PartitionBatch {
  readonly held: HeldImport
  readonly orgId: number
  readonly seriesId: bigint
  /** Where the partition stands before this batch, and after it. */
  readonly from: PartitionCheckpoint
  readonly to: PartitionCheckpoint
  readonly columns: BatchColumns
}

/** What became of a batch's rows. A rejected row counts once for each code that it has. */
export interface CommittedBatch {
  readonly inserted: number
  readonly duplicates: number
  readonly rejected: number
  readonly errorsByCode: Readonly<Partial<Record<RowErrorCode, number>>>
}

export type BatchResult =
  | ({ readonly status: 'committed' } & CommittedBatch)
  /** Nothing was written: someone else holds the import, or the batch was committed before. */
  | { readonly status: 'lost' }

interface CommittedRow {
  inserted: number
  duplicates: number
  rejected: number
  /** How codes are stored, and how many rows have each. */
  errorIndices: number[]
  errorRows: number[]
}

/**
 * Commits one batch of one partition: all of it, or nothing (sql/commit-batch.ts). Throws what the database throws; see
 * isConcurrencyConflict for what to send again.
 */
export async function commitPartitionBatch(
  database: Pick<Database, 'queryBatch'>,
  batch: PartitionBatch,
  { strategy, dryRun }: Pick<BatchShape, 'strategy' | 'dryRun'>,
): Promise<BatchResult> {
  const { customers, coupons, optional, ...others } = batch.columns
  const statement = commitBatch({
    customers: keysOf<CustomerKey>(customers),
    coupons: keysOf<CouponKey>(coupons),
    optional: keysOf<OptionalKey>(optional),
    strategy,
    dryRun,
  })
  const values: Partial<Record<BatchParameter, unknown>> = {
    importId: batch.held.importId,
    fencingToken: batch.held.fencingToken,
    orgId: batch.orgId,
    seriesId: batch.seriesId,
    partition: batch.from.partition,
    expectedRow: batch.from.nextRow,
    nextRow: batch.to.nextRow,
    nextByte: batch.to.nextByte,
    nextLine: batch.to.nextLine,
    ...others,
    ...customers,
    ...coupons,
    ...optional,
  }
  const row = await tryStatement<CommittedRow>(
    database,
    'commit-batch',
    statement.text,
    bindParameters(statement, values),
  )
  if (row === undefined) return { status: 'lost' }
  const { errorIndices, errorRows, ...counts } = row
  return { status: 'committed', ...counts, errorsByCode: nameCodes(errorIndices, errorRows) }
}

function nameCodes(indices: readonly number[], rows: readonly number[]): Partial<Record<RowErrorCode, number>> {
  const found = ROW_ERROR_CODES.flatMap((code) => {
    const at = indices.indexOf(ROW_RULES[code].index)
    return at === -1 ? [] : [[code, rows[at] ?? 0] as const]
  })
  return Object.fromEntries(found)
}

function keysOf<Key extends ColumnKey>(columns: Readonly<Partial<Record<Key, Buffer>>>): Key[] {
  return Object.keys(columns) as Key[]
}

/** Where all partitions of an import stand, by partition; none before it was taken up. */
export async function readPartitions(database: Database, importId: number): Promise<PartitionCheckpoint[]> {
  const rows = await database.prisma.importPartition.findMany({ where: { importId }, orderBy: { partition: 'asc' } })
  return rows.map(({ partition, nextRow, nextByte, nextLine }) => ({
    partition,
    nextRow,
    nextByte: Number(nextByte),
    nextLine: Number(nextLine),
  }))
}
