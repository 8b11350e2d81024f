import type {
  ColumnMapping,
  DelayCode,
  ImportCounts,
  ImportDelay,
  ImportFailure,
  ImportFailureCode,
  ImportStatus,
  RetryOptions,
  RowErrorCode,
  UsedProfile,
} from '@importer/contracts'
import { countsByCode, findDelay } from '@importer/contracts'

import type { Prisma } from '../generated/client.ts'

/** What decides which partition a row goes to: its coupon, or its redemption (time and till). */
export type PartitionBy = 'coupon' | 'redemption'

export type JsonObject = Prisma.JsonObject

export interface StoredUpload {
  readonly fileKey: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** How a file is read. `start` is where its header or, without one, its first row is to be looked for. */
export interface ReadingDialect {
  readonly delimiter: string
  readonly hasHeader: boolean
  readonly start: { readonly byteOffset: number; readonly line: number }
}

/** An import as everyone reads it: its row, and its partitions summed up in the same snapshot. */
export interface ImportRecord {
  readonly id: number
  readonly orgId: number
  readonly seriesId: bigint
  readonly status: ImportStatus
  readonly fencingToken: number
  readonly jobId: string | null
  /** The text that is read: the upload itself, or UTF-8 made of it. */
  readonly fileKey: string
  readonly fileName: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
  /** The upload as it came. */
  readonly upload: StoredUpload
  readonly encoding: string
  readonly mapping: ColumnMapping
  /** Null until the file was looked at. */
  readonly delimiter: string | null
  readonly hasHeader: boolean | null
  readonly start: ReadingDialect['start']
  readonly details: string | null
  readonly metadata: JsonObject | null
  readonly dryRun: boolean
  readonly profile: UsedProfile | null
  readonly maxErrors: number | null
  readonly maxErrorRatio: number | null
  /** What came with the Idempotency-Key that made it; null: there was none, or it holds no more. */
  readonly requestHash: string | null
  /** The import whose rejected rows this one tries again, and the latest one that tries again those of this one. */
  readonly retryOf: number | null
  /** What that retry was asked for. */
  readonly retryOptions: RetryOptions | null
  /** Its file is not there yet: a job makes it. */
  readonly toPrepare: boolean
  readonly retriedAs: number | null
  readonly resumed: boolean
  readonly revertRequested: boolean
  /** Its files and the outcomes of its rows are kept no longer. */
  readonly expired: boolean
  readonly partitionCount: number | null
  /** What decides which partition a row goes to; before the first claim what it would be for most series. */
  readonly partitionBy: PartitionBy
  /** The first start and every take-over after a failure. */
  readonly attempts: number
  /** For how long it was really worked on, up to the last progress. */
  readonly workedMs: number
  readonly counts: ImportCounts
  readonly errorsByCode: Partial<Record<RowErrorCode, number>>
  readonly bytesRead: number
  /** The most cells that a committed record had. */
  readonly columnCount: number
  /** The file's data rows; null until reading has reached the end. */
  readonly totalRows: number | null
  readonly failure: ImportFailure | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly updatedAt: Date
  /** Under which its trace goes on (W3C); null: it is not traced. */
  readonly traceparent: string | null
  /** Why it does not go on, as it was when this was read. */
  readonly delay: ImportDelay | null
}

/** How to select an import for {@link toImportRecord}: one query of the driver, so one snapshot. */
export interface ImportRow {
  id: number
  org_id: number
  series_id: bigint
  status: string
  fencing_token: number
  job_id: string | null
  file_key: string
  file_name: string
  bytes: bigint
  sha256: string
  mapping: ColumnMapping
  delimiter: string | null
  has_header: boolean | null
  start_byte: bigint
  start_line: number
  details: string | null
  metadata: JsonObject | null
  dry_run: boolean
  profile_name: string | null
  profile_version: number | null
  upload_file_key: string | null
  upload_bytes: bigint | null
  upload_sha256: string | null
  encoding: string
  max_errors: number | null
  max_error_ratio: number | null
  request_hash: string | null
  retry_of: number | null
  retry_options: RetryOptions | null
  to_prepare: boolean
  retried_as: number | null
  resumed: boolean
  revert_requested: boolean
  expired: boolean
  lane_count: number | null
  partition_by: string | null
  attempts: number
  worked_ms: bigint
  slice_started_at: Date | null
  total_rows: number | null
  failure_code: string | null
  failure_message: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
  updated_at: Date
  progressed_at: Date | null
  read_at: Date
  delay_code: string | null
  delay_message: string | null
  delay_since: Date | null
  delay_at: Date | null
  inserted: bigint
  duplicates: bigint
  rejected: bigint
  bytes_read: bigint
  column_count: number
  traceparent: string | null
  partition_error_counts: number[][]
}

export const IMPORT_SELECT = `
SELECT i.id, i.org_id, i.series_id, i.status, i.lease AS fencing_token, i.job_id, i.file_key, i.file_name, i.bytes, i.sha256, i.mapping,
       i.delimiter, i.has_header, i.start_byte, i.start_line, i.details, i.metadata, i.dry_run,
       i.profile_name, i.profile_version,
       i.lane_count, i.partition_by, i.total_rows,
       i.upload_file_key, i.upload_bytes, i.upload_sha256, i.encoding, i.max_errors, i.max_error_ratio, i.request_hash,
       i.retry_of, i.retry_options, i.to_prepare, (SELECT max(n.id) FROM import n WHERE n.retry_of = i.id) AS retried_as,
       i.resumed_at IS NOT NULL AS resumed, i.revert_requested_at IS NOT NULL AS revert_requested,
       i.expired_at IS NOT NULL AS expired,
       i.attempts, i.worked_ms, i.slice_started_at, i.failure_code, i.failure_message, i.created_at, i.started_at, i.finished_at,
       greatest(i.updated_at, l.updated_at) AS updated_at, l.updated_at AS progressed_at, clock_timestamp() AS read_at,
       i.delay_code, i.delay_message, i.delay_since, i.delay_at, i.traceparent,
       l.inserted, l.duplicates, l.rejected, l.bytes_read, l.column_count, l.partition_error_counts
FROM import i
CROSS JOIN LATERAL (
  SELECT coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(duplicates), 0)::bigint AS duplicates,
         coalesce(sum(rejected), 0)::bigint AS rejected, coalesce(max(next_byte), 0) AS bytes_read,
         coalesce(max(column_count), 0) AS column_count, max(updated_at) AS updated_at,
         coalesce(jsonb_agg(error_counts), '[]') AS partition_error_counts
  FROM import_lane WHERE import_id = i.id
) l`

/** The same for lists of up to a thousand imports, whose notes may have 64 KiB each: they are cut. */
export const IMPORT_LIST_SELECT = IMPORT_SELECT.replace('i.details', 'left(i.details, 2000) AS details')

export function toImportRecord(row: ImportRow): ImportRecord {
  const inserted = Number(row.inserted)
  const duplicates = Number(row.duplicates)
  const rejected = Number(row.rejected)
  return {
    id: row.id,
    orgId: row.org_id,
    seriesId: row.series_id,
    status: row.status as ImportStatus,
    fencingToken: row.fencing_token,
    jobId: row.job_id,
    fileKey: row.file_key,
    fileName: row.file_name,
    bytes: Number(row.bytes),
    sha256: row.sha256,
    mapping: row.mapping,
    delimiter: row.delimiter,
    hasHeader: row.has_header,
    start: { byteOffset: Number(row.start_byte), line: row.start_line },
    details: row.details,
    metadata: row.metadata,
    upload: {
      fileKey: row.upload_file_key ?? row.file_key,
      bytes: Number(row.upload_bytes ?? row.bytes),
      sha256: row.upload_sha256 ?? row.sha256,
    },
    encoding: row.encoding,
    dryRun: row.dry_run,
    profile:
      row.profile_name === null || row.profile_version === null
        ? null
        : { name: row.profile_name, version: row.profile_version },
    maxErrors: row.max_errors,
    maxErrorRatio: row.max_error_ratio,
    requestHash: row.request_hash,
    retryOf: row.retry_of,
    retryOptions: row.retry_options,
    toPrepare: row.to_prepare,
    retriedAs: row.retried_as,
    resumed: row.resumed,
    revertRequested: row.revert_requested,
    expired: row.expired,
    partitionCount: row.lane_count,
    partitionBy: row.partition_by === 'redemption' ? 'redemption' : 'coupon',
    attempts: row.attempts,
    workedMs: measureWorkedMs(row),
    counts: { rows: inserted + duplicates + rejected, inserted, duplicates, rejected },
    errorsByCode: countsByCode(sumByPosition(row.partition_error_counts)),
    bytesRead: Number(row.bytes_read),
    columnCount: row.column_count,
    totalRows: row.total_rows,
    failure:
      row.failure_code === null
        ? null
        : { code: row.failure_code as ImportFailureCode, message: row.failure_message ?? '' },
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    updatedAt: row.updated_at,
    traceparent: row.traceparent,
    delay: findDelay({
      status: row.status as ImportStatus,
      readAt: row.read_at,
      updatedAt: row.updated_at,
      progressedAt: row.progressed_at,
      toPrepare: row.to_prepare,
      recorded: readRecordedDelay(row),
    }),
  }
}

function measureWorkedMs({ worked_ms: ended, slice_started_at: startedAt, updated_at: updatedAt }: ImportRow): number {
  const running = startedAt === null ? 0 : Math.max(0, updatedAt.getTime() - startedAt.getTime())
  return Number(ended) + running
}

function readRecordedDelay({ delay_code: code, delay_message: message, delay_since: since, delay_at: at }: ImportRow) {
  if (code === null || message === null || since === null || at === null) return null
  return { code: code as DelayCode, message, since, at }
}

function sumByPosition(partitions: readonly number[][]): number[] {
  const sums: number[] = []
  for (const counts of partitions) {
    counts.forEach((count, position) => {
      sums[position] = (sums[position] ?? 0) + count
    })
  }
  return sums
}

/** The same without what the compatible status does not show. */
export const IMPORT_STATUS_SELECT = IMPORT_SELECT.replace('i.details', 'NULL AS details')
  .replace('i.metadata', 'NULL AS metadata')
  .replace('i.retry_options', 'NULL AS retry_options')
