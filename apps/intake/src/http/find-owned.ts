import { seriesExists, type Database, type ImportRecord } from '@importer/db'

import { ApiError, notFound } from './api-error.ts'
import { readBigId, readInt4 } from './read-id.ts'

export function importNotFound(): ApiError {
  return notFound('IMPORT_NOT_FOUND', 'importId', 'there is no such import; expected one of this organization')
}

/** The import of the path, looked up by `find`. Throws 404 where the organization has no such import. */
export async function findOwnedImport(
  find: (orgId: number, importId: number) => Promise<ImportRecord | null>,
  orgId: number,
  text: string,
): Promise<ImportRecord> {
  const importId = readInt4(text)
  const record = importId === null ? null : await find(orgId, importId)
  if (record === null) throw importNotFound()
  return record
}

/** Throws 404 where the organization has no such series, be it another's or nobody's; `field` is what names it. */
export async function findOwnedSeries(
  database: Database,
  orgId: number,
  text: string,
  field: 'seriesId' | 'couponSeriesId' = 'seriesId',
): Promise<bigint> {
  const seriesId = readBigId(text)
  if (seriesId === null || !(await seriesExists(database, orgId, seriesId))) {
    throw notFound('SERIES_NOT_FOUND', field, 'there is no such coupon series; expected one of this organization')
  }
  return seriesId
}

/** 409, with where the import stands. */
export function misfit(record: ImportRecord, expected: string): ApiError {
  const { status, revertRequested, dryRun, expired } = record
  const reverting = revertRequested && status !== 'reverted'
  const stands = `${reverting ? 'being reverted' : status}${dryRun ? ', a dry run' : ''}${expired ? ', its file kept no longer' : ''}`
  const message = `the import is ${stands}; expected ${expected}`
  return new ApiError(409, [{ code: 'IMPORT_STATE', field: 'importId', message }], {}, { state: status })
}
