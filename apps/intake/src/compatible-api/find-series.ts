import { seriesExists, type Database } from '@importer/db'

import { notFound } from '../http/api-error.ts'
import { readBigId } from '../http/read-id.ts'

/** The series of the path. Throws 404 where the organization has no such series, be it another's or nobody's. */
export async function findSeries(database: Database, orgId: number, text: string): Promise<bigint> {
  const seriesId = readBigId(text)
  if (seriesId === null || !(await seriesExists(database, orgId, seriesId))) {
    throw notFound(
      'SERIES_NOT_FOUND',
      'couponSeriesId',
      'there is no such coupon series; expected one of this organization',
    )
  }
  return seriesId
}
