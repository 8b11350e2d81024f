import { ImportUncertainError, type ImportRecord } from '@importer/db'
import { findUrlFault } from '@importer/webhooks'
import type { Request, Response } from 'express'

import { actorOf } from '../authentication/actor-of.ts'
import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { enqueueSoon } from '../http/enqueue-soon.ts'
import { receiveUpload, type ReceivedUpload } from '../http/receive-upload.ts'
import { requireQueueRoom } from '../http/require-queue-room.ts'
import { requireUpload } from '../http/require-upload.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { createUploadImport, explainRefusal, type UploadOrigin } from '../uploads/create-upload-import.ts'
import { readUploadOptions } from '../uploads/read-upload-options.ts'
import { describeJob, renderResult } from './envelope.ts'
import { findSeries } from './find-series.ts'
import { validateUploadForm } from './upload-form.ts'

/** `POST …/redeemFile/{couponSeriesId}`: everything in the head is judged before the first byte of the body is read. */
export function createRedeemFileHandler(deps: IntakeDependencies, authenticate: Authenticate) {
  return async (request: Request<{ couponSeriesId: string }>, response: Response): Promise<void> => {
    const receivedAt = new Date()
    const principal = await authenticate(request.headers, 'write')
    const { orgId } = principal
    const seriesId = await findSeries(deps.database, orgId, request.params.couponSeriesId)
    requireUpload(request, deps.uploadMaxBytes)
    await requireQueueRoom(deps, orgId)

    const upload = await receiveUpload(request, response, deps.store, {
      maxBytes: deps.uploadMaxBytes,
      idleTimeoutMs: deps.uploadIdleTimeoutMs,
    })
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    const origin = { orgId, seriesId, receivedAt, baseUrl, idempotency: undefined, actor: actorOf(principal) }
    const record = await recordImport(deps, origin, upload)
    deps.metrics.countUpload(record.upload.bytes)
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

/** Of the optional fields that the native API has, all but this one. */
const IGNORED_OPTIONS = ['dryRun'] as const

/** The stored file becomes an import. When there certainly is none, what is stored is removed. */
async function recordImport(
  deps: IntakeDependencies,
  origin: UploadOrigin,
  upload: ReceivedUpload,
): Promise<ImportRecord> {
  const files: string[] = upload.file === null ? [] : [upload.file.key]
  try {
    const judgeUrl = (url: string): string | null => findUrlFault(url, deps.webhookPolicy)
    const { options, metadata, faults } = readUploadOptions(upload.fields, judgeUrl, IGNORED_OPTIONS)
    const validated = validateUploadForm(upload, faults)
    if (!validated.ok) throw new ApiError(400, validated.faults)
    if (options === undefined) throw new Error('options of an upload lack a fault that says what is wrong with them')
    const { file, mapping, details } = validated.form
    const { positions, ...identifiers } = mapping
    const accepted = { file, identifiers, columns: positions, details, options, metadata }
    return await createUploadImport(deps, origin, accepted, files)
  } catch (error) {
    if (!(error instanceof ImportUncertainError)) for (const key of files) await deps.store.remove(key)
    throw explainRefusal(error, deps.uploadMaxBytes)
  }
}
