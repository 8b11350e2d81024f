import { listSeriesImports, type ImportRecord } from '@importer/db'
import type { Request, Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import type { FindImport } from '../http/find-import.ts'
import { findOwnedSeries } from '../http/find-owned.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { readBigId, readInt4 } from '../http/read-id.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { noteImport, noteKey } from '../http/track-requests.ts'
import { describeJob, renderResult } from './envelope.ts'

/** The latest of a series that are listed. */
const MAX_LISTED = 1_000
/** One list blocks the event loop for tens of milliseconds: several in the same turn would delay all other requests. */
const LISTS_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, maxWaiting: 200, maxWaitingPerOrg: 100 }

/**
 * `GET …/getUploadRedeemedCouponStatus/{couponSeriesId}`: the imports of the series, oldest first, or the one named by
 * `jobId`. A job that this series does not have is 404, as every id of somebody else's is.
 */
export function createImportStatusHandler(
  deps: IntakeDependencies,
  authenticate: Authenticate,
  findImport: FindImport,
) {
  const limitLists = createWorkLimit(LISTS_AT_ONCE)

  return async (request: Request<{ couponSeriesId: string }>, response: Response): Promise<void> => {
    const principal = await authenticate(request.headers, 'read')
    noteKey(response, principal)
    const { orgId } = principal
    const jobId: unknown = request.query['jobId']
    const { couponSeriesId } = request.params
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    const render = (records: readonly ImportRecord[]) =>
      renderResult({
        orgId,
        couponSeriesId: Number(couponSeriesId),
        redeemUploadJobStatuses: records.map((record) => describeJob(record, baseUrl)),
      })
    response.setHeader('Cache-Control', 'no-store')
    if (jobId === undefined) {
      const answer = await limitLists(orgId, response, async () =>
        render(await listImports(deps, orgId, couponSeriesId)),
      )
      await sendAnswer(request, response, answer)
      return
    }
    const record = await findJob(deps, findImport, orgId, couponSeriesId, jobId)
    noteImport(response, record.id)
    await sendAnswer(request, response, render([record]))
  }
}

async function listImports({ databases }: IntakeDependencies, orgId: number, series: string): Promise<ImportRecord[]> {
  const database = databases.forOrganization(orgId)
  const seriesId = await findOwnedSeries(database, orgId, series, 'couponSeriesId')
  return listSeriesImports(database, orgId, seriesId, MAX_LISTED)
}

/** One look-up, usually of something in memory: this is what clients poll. */
async function findJob(
  { databases }: IntakeDependencies,
  findImport: FindImport,
  orgId: number,
  series: string,
  jobId: unknown,
): Promise<ImportRecord> {
  const importId = typeof jobId === 'string' && /^\d+$/.test(jobId) ? readInt4(jobId) : undefined
  const record = typeof importId === 'number' ? await findImport(orgId, importId) : null
  if (record !== null && record.seriesId === readBigId(series)) return record

  await findOwnedSeries(databases.forOrganization(orgId), orgId, series, 'couponSeriesId')
  if (importId === undefined) {
    const message = 'jobId is no whole number; expected the jobId that an upload was answered with'
    throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'jobId', message }])
  }
  throw notFound(
    'JOB_NOT_FOUND',
    'jobId',
    'this coupon series has no such job; expected the jobId of one of its uploads',
  )
}
