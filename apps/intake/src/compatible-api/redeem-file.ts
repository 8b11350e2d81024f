import { findUrlFault } from '@importer/webhooks'
import type { Request, Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { noteKey } from '../http/track-requests.ts'
import type { CompletedUpload } from '../uploads/apply-profile.ts'
import type { AcceptedUpload } from '../uploads/create-upload-import.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'
import type { TakeUpload } from '../uploads/take-upload.ts'
import { describeJob, renderResult } from './envelope.ts'
import { findSeries } from './find-series.ts'
import { validateUploadForm } from './upload-form.ts'

/** `POST …/redeemFile/{couponSeriesId}`. */
export function createRedeemFileHandler(deps: IntakeDependencies, authenticate: Authenticate, takeUpload: TakeUpload) {
  return async (request: Request<{ couponSeriesId: string }>, response: Response): Promise<void> => {
    const receivedAt = new Date()
    const principal = await authenticate(request.headers, 'write')
    noteKey(response, principal)
    const { orgId } = principal
    const seriesId = await findSeries(deps.databases.forOrganization(orgId), orgId, request.params.couponSeriesId)
    const { record } = await takeUpload({
      request,
      response,
      principal,
      seriesId,
      receivedAt,
      readForm: (upload) => readCompatibleUpload(upload, (url) => findUrlFault(url, deps.webhookPolicy)),
    })
    const result = {
      orgId,
      couponSeriesId: Number(seriesId),
      redeemUploadJobStatuses: [describeJob(record, readBaseUrl(request, deps.publicUrl))],
      fileName: record.fileName,
    }
    await sendAnswer(request, response, renderResult(result))
  }
}

/** Of the optional fields that the native API has, all but this one. */
const IGNORED_OPTIONS = ['dryRun'] as const

/** Checks the fields of an upload. Throws 400 with every fault in them. */
function readCompatibleUpload(upload: CompletedUpload, checkUrl: (url: string) => string | null): AcceptedUpload {
  const { options, metadata, faults } = readUploadOptions(upload.fields, checkUrl, IGNORED_OPTIONS)
  const validated = validateUploadForm(upload, faults)
  if (!validated.ok) throw new ApiError(400, validated.faults)
  if (options === undefined) throw new Error('options of an upload lack a fault that says what is wrong with them')
  const { file, mapping, details } = validated.form
  const { positions, ...identifiers } = mapping
  return { file, identifiers, columns: positions, details, options, metadata, profile: upload.profile }
}
