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

import type { Import, Prisma } from '../generated/client.ts'

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

/** The columns that the record has as they are stored; what each holds, and its type, is in prisma/schema.prisma. */
const KEPT_COLUMNS = [
  'id',
  'orgId',
  'seriesId',
  'fencingToken',
  'jobId',
  'fileKey',
  'fileName',
  'sha256',
  'encoding',
  'delimiter',
  'hasHeader',
  'details',
  'dryRun',
  'maxErrors',
  'maxErrorRatio',
  'requestHash',
  'retryOf',
  'toPrepare',
  'partitionCount',
  'attempts',
  'totalRows',
  'createdAt',
  'startedAt',
  'finishedAt',
  'traceparent',
] as const satisfies readonly (keyof Import)[]

/** Those that {@link toImportRecord} makes something of. */
const READ_COLUMNS = [
  'status',
  'bytes',
  'mapping',
  'startByte',
  'startLine',
  'metadata',
  'profileName',
  'profileVersion',
  'uploadFileKey',
  'uploadBytes',
  'uploadSha256',
  'retryOptions',
  'resumedAt',
  'revertRequestedAt',
  'expiredAt',
  'partitionBy',
  'workedMs',
  'sliceStartedAt',
  'failureCode',
  'failureMessage',
  'delayCode',
  'delayMessage',
  'delaySince',
  'delayAt',
] as const satisfies readonly (keyof Import)[]

type KeptColumn = (typeof KEPT_COLUMNS)[number]
type ReadColumn = (typeof READ_COLUMNS)[number]

/** What a select of an import gives beside its columns: its partitions summed up, and the moment at which it was read. */
interface Sums {
  readonly retriedAs: number | null
  readonly inserted: bigint
  readonly duplicates: bigint
  readonly rejected: bigint
  readonly bytesRead: bigint
  readonly columnCount: number
  readonly partitionErrorCounts: number[][]
  readonly updatedAt: Date
  readonly progressedAt: Date | null
  readonly readAt: Date
}

/** How {@link IMPORT_SELECT} and its like give an import: one query of the driver, so one snapshot. */
export type ImportRow = Readonly<Pick<Import, KeptColumn | ReadColumn>> & Sums

/** An import as everyone reads it. */
export interface ImportRecord
  extends
    Readonly<Pick<ImportRow, KeptColumn>>,
    // `updatedAt` is the last change, progress included; `columnCount` the most cells that a committed record had;
    // `retriedAs` the latest import that tries its rejected rows again.
    Pick<Sums, 'updatedAt' | 'columnCount' | 'retriedAs'> {
  readonly status: ImportStatus
  /** Of the text that is read: the upload itself, or UTF-8 made of it. */
  readonly bytes: number
  /** The upload as it came. */
  readonly upload: StoredUpload
  readonly mapping: ColumnMapping
  readonly start: ReadingDialect['start']
  readonly metadata: JsonObject | null
  readonly profile: UsedProfile | null
  /** What the retry that made it was asked for. */
  readonly retryOptions: RetryOptions | null
  readonly resumed: boolean
  readonly revertRequested: boolean
  /** Its files and the outcomes of its rows are kept no longer. */
  readonly expired: boolean
  /** Before the first claim what it would be for most series. */
  readonly partitionBy: PartitionBy
  /** For how long it was really worked on, up to the last progress. */
  readonly workedMs: number
  readonly counts: ImportCounts
  readonly errorsByCode: Partial<Record<RowErrorCode, number>>
  readonly bytesRead: number
  readonly failure: ImportFailure | null
  /** Why it does not go on, as it was when this was read. */
  readonly delay: ImportDelay | null
}

/** The columns whose name in the database is not theirs in snake case. */
const RENAMED_COLUMNS: Partial<Record<keyof Import, string>> = { fencingToken: 'lease', partitionCount: 'lane_count' }

/** As the column is named in the database. */
export function nameColumn(column: keyof Import): string {
  return RENAMED_COLUMNS[column] ?? column.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `instead` has an expression for a column that is not wanted as it is. */
function selectImports(instead: Partial<Record<KeptColumn | ReadColumn, string>> = {}): string {
  const columns = [...KEPT_COLUMNS, ...READ_COLUMNS].map(
    (column) => `${instead[column] ?? `i.${nameColumn(column)}`} AS "${column}"`,
  )
  return `
SELECT ${columns.join(', ')},
       (SELECT max(n.id) FROM import n WHERE n.retry_of = i.id) AS "retriedAs",
       greatest(i.updated_at, l.updated_at) AS "updatedAt", l.updated_at AS "progressedAt", clock_timestamp() AS "readAt",
       l.inserted, l.duplicates, l.rejected, l.bytes_read AS "bytesRead", l.column_count AS "columnCount",
       l.partition_error_counts AS "partitionErrorCounts"
FROM import i
CROSS JOIN LATERAL (
  SELECT coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(duplicates), 0)::bigint AS duplicates,
         coalesce(sum(rejected), 0)::bigint AS rejected, coalesce(max(next_byte), 0) AS bytes_read,
         coalesce(max(column_count), 0) AS column_count, max(updated_at) AS updated_at,
         coalesce(jsonb_agg(error_counts), '[]') AS partition_error_counts
  FROM import_lane WHERE import_id = i.id
) l`
}

export const IMPORT_SELECT = selectImports()

/** The same for lists of up to a thousand imports, whose notes may have 64 KiB each: they are cut. */
export const IMPORT_LIST_SELECT = selectImports({ details: 'left(i.details, 2000)' })

/** The same without what the compatible status does not show. */
export const IMPORT_STATUS_SELECT = selectImports({ details: 'NULL', metadata: 'NULL', retryOptions: 'NULL' })

export function toImportRecord(row: ImportRow): ImportRecord {
  const kept = Object.fromEntries(KEPT_COLUMNS.map((column) => [column, row[column]])) as Pick<ImportRow, KeptColumn>
  const { updatedAt, columnCount, retriedAs } = row
  const inserted = Number(row.inserted)
  const duplicates = Number(row.duplicates)
  const rejected = Number(row.rejected)
  const status = row.status as ImportStatus
  return {
    ...kept,
    updatedAt,
    columnCount,
    retriedAs,
    status,
    bytes: Number(row.bytes),
    upload: {
      fileKey: row.uploadFileKey ?? row.fileKey,
      bytes: Number(row.uploadBytes ?? row.bytes),
      sha256: row.uploadSha256 ?? row.sha256,
    },
    mapping: row.mapping as unknown as ColumnMapping,
    start: { byteOffset: Number(row.startByte), line: row.startLine },
    metadata: row.metadata as JsonObject | null,
    profile:
      row.profileName === null || row.profileVersion === null
        ? null
        : { name: row.profileName, version: row.profileVersion },
    retryOptions: row.retryOptions as RetryOptions | null,
    resumed: row.resumedAt !== null,
    revertRequested: row.revertRequestedAt !== null,
    expired: row.expiredAt !== null,
    partitionBy: row.partitionBy === 'redemption' ? 'redemption' : 'coupon',
    workedMs: measureWorkedMs(row),
    counts: { rows: inserted + duplicates + rejected, inserted, duplicates, rejected },
    errorsByCode: countsByCode(sumByPosition(row.partitionErrorCounts)),
    bytesRead: Number(row.bytesRead),
    failure:
      row.failureCode === null
        ? null
        : { code: row.failureCode as ImportFailureCode, message: row.failureMessage ?? '' },
    delay: findDelay({
      status,
      readAt: row.readAt,
      updatedAt,
      progressedAt: row.progressedAt,
      revertRequested: row.revertRequestedAt !== null,
      recorded: readRecordedDelay(row),
    }),
  }
}

function measureWorkedMs({ workedMs: ended, sliceStartedAt, updatedAt }: ImportRow): number {
  const running = sliceStartedAt === null ? 0 : Math.max(0, updatedAt.getTime() - sliceStartedAt.getTime())
  return Number(ended) + running
}

function readRecordedDelay({ delayCode: code, delayMessage: message, delaySince: since, delayAt: at }: ImportRow) {
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
