import type { ImporterClient } from './importer-client.ts'
import { queryOnce } from './query-once.ts'

/** Everything that an import leaves behind and that must be the same after any fault. */
export interface RecordedOutcome {
  readonly import: unknown
  readonly partitions: readonly unknown[]
  readonly redemptions: readonly RecordedRedemption[]
  readonly rejected: readonly RecordedRejection[]
  readonly duplicates: readonly number[]
}

/** Ids are decimal text, as they may be larger than a number holds. */
export interface RecordedRedemption {
  readonly row: number
  readonly coupon: string
  readonly customer: string
  readonly till: string
  readonly ms: number
  readonly ordinal: number
  readonly billId: string | null
  readonly billNumber: string | null
  readonly details: string | null
}

export interface RecordedRejection {
  readonly row: number
  readonly line: number
  readonly byte: number
  /** As encodeRowError gives them. */
  readonly errors: readonly number[]
}

/**
 * Reads what the tables say of an import. Checkpoints are left out: how far a partition's last batch went depends on how the
 * rows fell into batches.
 */
export async function readRecordedOutcome(databaseUrl: string, importId: number): Promise<RecordedOutcome> {
  const [summary] = await queryOnce(
    databaseUrl,
    `SELECT status, delimiter, has_header, lane_count, total_rows, failure_code, failure_message
     FROM import WHERE id = $1`,
    [importId],
  )
  const partitions = await queryOnce(
    databaseUrl,
    `SELECT lane AS partition, inserted, duplicates, rejected, error_counts, column_count
     FROM import_lane WHERE import_id = $1 ORDER BY lane`,
    [importId],
  )
  const redemptions = await queryOnce<RecordedRedemption>(
    databaseUrl,
    `SELECT row_number AS row, coupon_id::text AS coupon, customer_id::text AS customer, till_id::text AS till,
            (extract(epoch FROM redeemed_at) * 1000)::float8 AS ms, ordinal,
            bill_id AS "billId", bill_number AS "billNumber", details
     FROM redemption WHERE import_id = $1 ORDER BY row_number`,
    [importId],
  )
  const rejected = await queryOnce<RecordedRejection>(
    databaseUrl,
    `SELECT row_number AS row, line, byte_offset::float8 AS byte, errors
     FROM rejected_row WHERE import_id = $1 ORDER BY row_number`,
    [importId],
  )
  const duplicates = await queryOnce<{ row: number }>(
    databaseUrl,
    'SELECT row_number AS row FROM duplicate_row WHERE import_id = $1 ORDER BY row_number',
    [importId],
  )
  return { import: summary, partitions, redemptions, rejected, duplicates: duplicates.map(({ row }) => row) }
}

/** The tables and the reports. */
export interface WholeOutcome extends RecordedOutcome {
  readonly errorsCsv: string
  readonly insertedCsv: string
  readonly duplicatesCsv: string
}

export async function readWholeOutcome(
  { client, ownerUrl }: { client: ImporterClient; ownerUrl: string },
  importId: number,
): Promise<WholeOutcome> {
  const read = async (name: 'errors.csv' | 'inserted.csv' | 'duplicates.csv'): Promise<string> =>
    (await client.download(importId, name)).toString('latin1')
  return {
    ...(await readRecordedOutcome(ownerUrl, importId)),
    errorsCsv: await read('errors.csv'),
    insertedCsv: await read('inserted.csv'),
    duplicatesCsv: await read('duplicates.csv'),
  }
}
