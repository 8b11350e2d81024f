import { outcomeOf } from '@importer/contracts'
import type { ImportRecord } from '@importer/db'

import { measureProgress } from './import-progress.ts'

/** An import as the native API shows it. Times are ISO 8601; ids are JSON numbers, at most 2^53 - 1. */
export function describeImport(record: ImportRecord, baseUrl: string): object {
  const url = `${baseUrl}/v1/imports/${record.id}`
  return {
    id: record.id,
    seriesId: Number(record.seriesId),
    status: record.status,
    outcome: record.status === 'completed' ? outcomeOf(record.counts) : null,
    fileName: record.fileName,
    bytes: record.bytes,
    sha256: record.sha256,
    headerRow: record.hasHeader,
    delimiter: record.delimiter,
    progress: measureProgress(record),
    counts: record.counts,
    errorsByCode: record.errorsByCode,
    details: record.details,
    metadata: record.metadata,
    dryRun: record.dryRun,
    attempts: record.attempts,
    createdAt: record.createdAt.toISOString(),
    startedAt: record.startedAt?.toISOString() ?? null,
    finishedAt: record.finishedAt?.toISOString() ?? null,
    failure: record.failure,
    links: {
      self: url,
      errors: `${url}/errors.csv`,
      inserted: `${url}/inserted.csv`,
      duplicates: `${url}/duplicates.csv`,
      file: `${url}/file`,
    },
  }
}
