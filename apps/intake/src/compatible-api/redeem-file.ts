import { createImport, ImportUncertainError, type ImportRecord } from '@importer/db'
import type { Request, Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { makeDisplayName } from '../http/display-name.ts'
import { enqueueSoon } from '../http/enqueue-soon.ts'
import { receiveUpload } from '../http/receive-upload.ts'
import { requireQueueRoom } from '../http/require-queue-room.ts'
import { requireUpload } from '../http/require-upload.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { describeJob, renderResult } from './envelope.ts'
import { findSeries } from './find-series.ts'
import { validateUploadForm, type UploadForm } from './upload-form.ts'

/** `POST …/redeemFile/{couponSeriesId}`: everything in the head is judged before the first byte of the body is read. */
export function createRedeemFileHandler(deps: IntakeDependencies, authenticate: Authenticate) {
  return async (request: Request<{ couponSeriesId: string }>, response: Response): Promise<void> => {
    const receivedAt = new Date()
    const { orgId } = await authenticate(request.headers, 'write')
    const seriesId = await findSeries(deps.database, orgId, request.params.couponSeriesId)
    requireUpload(request, deps.uploadMaxBytes)
    await requireQueueRoom(deps, orgId)

    const upload = await receiveUpload(request, response, deps.store, {
      maxBytes: deps.uploadMaxBytes,
      idleTimeoutMs: deps.uploadIdleTimeoutMs,
    })
    const validated = validateUploadForm(upload)
    if (!validated.ok) {
      if (upload.file) await deps.store.remove(upload.file.key)
      throw new ApiError(400, validated.faults)
    }
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    const record = await recordImport(deps, orgId, seriesId, receivedAt, validated.form, baseUrl)
    deps.metrics.countUpload(record.bytes)
    await enqueueSoon(deps, record)
    const result = {
      orgId,
      couponSeriesId: Number(seriesId),
      redeemUploadJobStatuses: [describeJob(record, baseUrl)],
      fileName: record.fileName,
    }
    await sendAnswer(request, response, renderResult(result))
  }
}

/** The stored file becomes an import. When there certainly is none the file is of no use, so it is removed. */
async function recordImport(
  { database, store, maxQueuedImportsPerOrg }: IntakeDependencies,
  orgId: number,
  seriesId: bigint,
  receivedAt: Date,
  { file, mapping, details }: UploadForm,
  baseUrl: string,
): Promise<ImportRecord> {
  try {
    return await createImport(database, {
      orgId,
      seriesId,
      fileKey: file.key,
      fileName: makeDisplayName(file.originalName, receivedAt, seriesId),
      bytes: file.bytes,
      sha256: file.sha256,
      checksums: file.checksums,
      mapping,
      details,
      metadata: null,
      baseUrl,
      maxQueued: maxQueuedImportsPerOrg,
    })
  } catch (error) {
    if (!(error instanceof ImportUncertainError)) await store.remove(file.key)
    throw error
  }
}
