import type { IncomingMessage, ServerResponse } from 'node:http'

import { listSeriesImports, type ImportRecord } from '@importer/db'
import type { Request, Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import type { AnswerError } from '../http/answer-errors.ts'
import type { Poll } from '../http/answer-polls.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import type { FindImport } from '../http/find-import.ts'
import { findOwnedSeries } from '../http/find-owned.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { readBigId, readInt4 } from '../http/read-id.ts'
import { sendAnswer, type Answer } from '../http/send-answer.ts'
import { noteImport, noteKey } from '../http/track-requests.ts'
import { describeJob, renderResult } from './envelope.ts'

/** Under which requests for the status are counted and logged. */
export const IMPORT_STATUS_ROUTE = 'getUploadRedeemedCouponStatus'
/** The latest of a series that are listed. */
const MAX_LISTED = 1_000
/** One list blocks the event loop for tens of milliseconds: several in the same turn would delay all other requests. */
const LISTS_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, maxWaiting: 200, maxWaitingPerOrg: 100 }

/** Answers with one job of a series. Throws 404 where the organization has no such job. */
export type ShowJob = (
  request: IncomingMessage,
  response: ServerResponse,
  orgId: number,
  series: string,
  jobId: unknown,
) => Promise<void>

export function createShowJob(deps: IntakeDependencies, findImport: FindImport): ShowJob {
  return async (request, response, orgId, series, jobId) => {
    const record = await findJob(deps, findImport, orgId, series, jobId)
    noteImport(response, record.id)
    response.setHeader('Cache-Control', 'no-store')
    await sendAnswer(request, response, renderJobs(orgId, series, [record], readBaseUrl(request, deps.publicUrl)))
  }
}

/** `GET …/getUploadRedeemedCouponStatus/{couponSeriesId}?jobId={jobId}` as clients poll it; in any other form the route answers it. */
export function createJobPoll(showJob: ShowJob, answerError: AnswerError): Poll {
  return {
    target: /^(?:\/coupon\/api\/v1)?\/upload\/getUploadRedeemedCouponStatus\/(\d+)\?jobId=(\d+)$/,
    route: IMPORT_STATUS_ROUTE,
    answer: async (request, response, orgId, [series = '', jobId = '']) =>
      showJob(request, response, orgId, series, jobId),
    answerError,
  }
}

/**
 * `GET …/getUploadRedeemedCouponStatus/{couponSeriesId}`: the imports of the series, oldest first, or the one named by
 * `jobId`. A job that this series does not have is 404, as every id of somebody else's is.
 */
export function createImportStatusHandler(deps: IntakeDependencies, authenticate: Authenticate, showJob: ShowJob) {
  const limitLists = createWorkLimit(LISTS_AT_ONCE)

  return async (request: Request<{ couponSeriesId: string }>, response: Response): Promise<void> => {
    const principal = await authenticate(request.headers, 'read')
    noteKey(response, principal)
    const { orgId } = principal
    const jobId: unknown = request.query['jobId']
    const { couponSeriesId } = request.params
    if (jobId !== undefined) {
      await showJob(request, response, orgId, couponSeriesId, jobId)
      return
    }
    const answer = await limitLists(orgId, response, async () => {
      const records = await listImports(deps, orgId, couponSeriesId)
      return renderJobs(orgId, couponSeriesId, records, readBaseUrl(request, deps.publicUrl))
    })
    response.setHeader('Cache-Control', 'no-store')
    await sendAnswer(request, response, answer)
  }
}

function renderJobs(orgId: number, series: string, records: readonly ImportRecord[], baseUrl: string): Answer {
  return renderResult({
    orgId,
    couponSeriesId: Number(series),
    redeemUploadJobStatuses: records.map((record) => describeJob(record, baseUrl)),
  })
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
