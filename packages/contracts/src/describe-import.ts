import type { ColumnMapping } from './columns.ts'
import type { ImportDelay } from './import-delay.ts'
import type { UsedProfile } from './import-profile.ts'
import { measureProgress, type ProgressFacts } from './import-progress.ts'
import type { ImportFailure } from './import-failures.ts'
import { outcomeOf } from './import-state.ts'
import type { RetryOptions } from './retry.ts'
import type { RowErrorCode } from './row-rules.ts'

/** The part of an import's record that its organization sees. */
export interface ImportFacts extends ProgressFacts {
  readonly id: number
  readonly seriesId: bigint
  readonly fileName: string
  /** The file as it came; its hash in hex. */
  readonly upload: { readonly bytes: number; readonly sha256: string }
  readonly hasHeader: boolean | null
  readonly delimiter: string | null
  readonly mapping: Pick<ColumnMapping, 'isWorkbook'>
  readonly errorsByCode: Partial<Record<RowErrorCode, number>>
  readonly details: string | null
  readonly metadata: object | null
  readonly dryRun: boolean
  readonly profile: UsedProfile | null
  readonly attempts: number
  readonly retryOptions: Pick<RetryOptions, 'corrections'> | null
  readonly retryOf: number | null
  readonly retriedAs: number | null
  readonly failure: ImportFailure | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  /** The last change, progress included. */
  readonly updatedAt: Date
  /** Why it does not go on, at the moment at which it was read. */
  readonly delay: ImportDelay | null
}

/**
 * An import as the native API and the webhooks show it. Times are ISO 8601; ids are JSON numbers, at most 2^53 - 1.
 * Links begin with `baseUrl`, which has no slash at its end.
 */
export function describeImport(record: ImportFacts, baseUrl: string) {
  const url = `${baseUrl}/v1/imports/${record.id}`
  const progress = measureProgress(record)
  return {
    id: record.id,
    seriesId: Number(record.seriesId),
    status: record.status,
    outcome: record.status === 'completed' ? outcomeOf(record.counts) : null,
    fileName: record.fileName,
    bytes: record.upload.bytes,
    // Of a retry it is known once its file is there.
    sha256: record.upload.sha256 === '' ? null : record.upload.sha256,
    headerRow: record.hasHeader,
    // Nothing stands between the cells of a workbook.
    delimiter: record.mapping.isWorkbook === true ? null : record.delimiter,
    // What is delayed has neither a rate nor a time left that could be shown.
    progress: record.delay === null ? progress : { ...progress, rowsPerSecond: null, etaSeconds: null },
    counts: record.counts,
    errorsByCode: record.errorsByCode,
    details: record.details,
    metadata: record.metadata,
    dryRun: record.dryRun,
    profile: record.profile,
    corrections: record.retryOptions?.corrections ?? null,
    attempts: record.attempts,
    retryOf: record.retryOf,
    retriedAs: record.retriedAs,
    createdAt: record.createdAt.toISOString(),
    startedAt: record.startedAt?.toISOString() ?? null,
    updatedAt: record.updatedAt.toISOString(),
    finishedAt: record.finishedAt?.toISOString() ?? null,
    failure: record.failure,
    delay: describeDelay(record.delay),
    links: {
      self: url,
      errors: `${url}/errors.csv`,
      inserted: `${url}/inserted.csv`,
      duplicates: `${url}/duplicates.csv`,
      unprocessed: `${url}/unprocessed.csv`,
      file: `${url}/file`,
      events: `${url}/events`,
    },
  }
}

function describeDelay(delay: ImportDelay | null) {
  return delay === null ? null : { code: delay.code, message: delay.message, since: delay.since.toISOString() }
}
