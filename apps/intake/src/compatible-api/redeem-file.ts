import { findUrlFault } from '@importer/webhooks'
import type { Request, Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { findOwnedSeries } from '../http/find-owned.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { noteKey } from '../http/track-requests.ts'
import type { TakeUpload } from '../uploads/take-upload.ts'
import { describeJob, renderResult } from './envelope.ts'
import { readCompatibleUpload } from './upload-form.ts'

/** `POST …/redeemFile/{couponSeriesId}`. */
export function createRedeemFileHandler(deps: IntakeDependencies, authenticate: Authenticate, takeUpload: TakeUpload) {
  return async (request: Request<{ couponSeriesId: string }>, response: Response): Promise<void> => {
    const receivedAt = new Date()
    const principal = await authenticate(request.headers, 'write')
    noteKey(response, principal)
    const { orgId } = principal
    const seriesId = await findOwnedSeries(
      deps.databases.forOrganization(orgId),
      orgId,
      request.params.couponSeriesId,
      'couponSeriesId',
    )
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
