import { describeImport, OPERATIONS } from '@importer/contracts'
import { findUrlFault } from '@importer/webhooks'

import type { IntakeDependencies } from '../dependencies.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { findOwnedSeries } from '../http/find-owned.ts'
import type { TakeUpload } from '../uploads/take-upload.ts'
import { defineOperation } from './mount-operation.ts'
import { readNativeUpload } from './upload-options.ts'

const RETRY_AFTER_SECONDS = 1

/** `POST /v1/series/{seriesId}/imports`. */
export function createImportOperation(deps: IntakeDependencies, takeUpload: TakeUpload) {
  return defineOperation(OPERATIONS.createImport, async ({ request, response, principal, database, params }) => {
    const receivedAt = new Date()
    const seriesId = await findOwnedSeries(database, principal.orgId, params.seriesId)
    const { record } = await takeUpload({
      request,
      response,
      principal,
      seriesId,
      receivedAt,
      readForm: (upload) => readNativeUpload(upload, (url) => findUrlFault(url, deps.webhookPolicy)),
    })
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    response.setHeader('Location', `${baseUrl}/v1/imports/${record.id}`)
    response.setHeader('Retry-After', RETRY_AFTER_SECONDS)
    return describeImport(record, baseUrl)
  })
}
