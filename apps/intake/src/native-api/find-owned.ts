import { seriesExists, type Database, type ImportRecord } from '@importer/db'

import { notFound, type ApiError } from '../http/api-error.ts'
import { readBigId, readInt4 } from '../http/read-id.ts'

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

/** Throws 404 where the organization has no such series. */
export async function findOwnedSeries(database: Database, orgId: number, text: string): Promise<bigint> {
  const seriesId = readBigId(text)
  if (seriesId === null || !(await seriesExists(database, orgId, seriesId))) {
    throw notFound('SERIES_NOT_FOUND', 'seriesId', 'there is no such coupon series; expected one of this organization')
  }
  return seriesId
}
