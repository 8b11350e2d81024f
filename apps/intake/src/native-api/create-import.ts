import { type Actor, describeImport, OPERATIONS } from '@importer/contracts'
import { findImportByKey, ImportExistsError, ImportUncertainError, type ImportRecord } from '@importer/db'
import { findUrlFault } from '@importer/webhooks'
import type { Request, Response } from 'express'

import { actorOf } from '../authentication/actor-of.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { enqueueSoon } from '../http/enqueue-soon.ts'
import { receiveUpload, type ReceivedUpload } from '../http/receive-upload.ts'
import { requireQueueRoom } from '../http/require-queue-room.ts'
import { requireUpload } from '../http/require-upload.ts'
import { createUploadImport, explainRefusal } from '../uploads/create-upload-import.ts'
import { findOwnedSeries } from './find-owned.ts'
import { hashRequest, holdIdempotencyKey, keyInUse, requireSameRequest, type HeldKey } from './hold-idempotency-key.ts'
import { defineOperation } from './mount-operation.ts'
import { sendJson } from './send-json.ts'
import { readNativeUpload } from './upload-options.ts'

const RETRY_AFTER_SECONDS = 1

/** One upload on its way to become an import. */
interface Arrival {
  readonly orgId: number
  readonly actor: Actor
  readonly seriesId: bigint
  readonly receivedAt: Date
  readonly baseUrl: string
  readonly upload: ReceivedUpload
  readonly requestHash: string
  readonly held: HeldKey | null
}

/** `POST /v1/series/{seriesId}/imports`: everything in the head is judged before the first byte of the body is read. */
export function createImportOperation(deps: IntakeDependencies) {
  return defineOperation(OPERATIONS.createImport, async ({ request, response, principal, param }) => {
    const { orgId } = principal
    const receivedAt = new Date()
    const seriesId = await findOwnedSeries(deps.database, orgId, param('seriesId'))
    requireUpload(request, deps.uploadMaxBytes)
    const held = await holdIdempotencyKey(deps.database, deps.log, orgId, request.headers)
    try {
      if (held?.made == null) await requireQueueRoom(deps, orgId)
      const upload = await receiveUpload(request, response, deps.store, {
        maxBytes: deps.uploadMaxBytes,
        idleTimeoutMs: deps.uploadIdleTimeoutMs,
      })
      const requestHash = hashRequest(seriesId, upload)
      const baseUrl = readBaseUrl(request, deps.publicUrl)
      const arrival = { orgId, actor: actorOf(principal), seriesId, receivedAt, baseUrl, upload, requestHash, held }
      await sendAccepted(request, response, baseUrl, await takeOrRepeat(deps, arrival))
    } finally {
      await held?.release()
    }
  })
}

interface Accepted {
  readonly record: ImportRecord
  readonly repeated: boolean
}

async function takeOrRepeat(deps: IntakeDependencies, arrival: Arrival): Promise<Accepted> {
  const { held, upload, requestHash } = arrival
  if (held?.made != null) {
    if (upload.file) await deps.store.remove(upload.file.key)
    requireSameRequest(held.made, requestHash)
    return { record: held.made, repeated: true }
  }
  const files: string[] = upload.file === null ? [] : [upload.file.key]
  let record: ImportRecord
  try {
    const { orgId, actor, seriesId, receivedAt, baseUrl } = arrival
    const accepted = readNativeUpload(upload, (url) => findUrlFault(url, deps.webhookPolicy))
    const idempotency = held === null ? undefined : { key: held.key, requestHash }
    const origin = { orgId, seriesId, receivedAt, baseUrl, idempotency, actor }
    record = await createUploadImport(deps, origin, accepted, files)
  } catch (error) {
    // Whatever has been stored is of no use to anybody, unless the import is there all the same. If not, it is swept.
    if (!(error instanceof ImportUncertainError)) for (const key of files) await deps.store.remove(key)
    if (!(error instanceof ImportExistsError) || held === null) throw explainRefusal(error, deps.uploadMaxBytes)
    // Our claim was taken for a dead one's: the import of this key is there all the same.
    const made = await findImportByKey(deps.database, arrival.orgId, held.key)
    if (made === null) throw keyInUse()
    requireSameRequest(made, requestHash)
    return { record: made, repeated: true }
  }
  deps.metrics.countUpload(record.upload.bytes)
  await enqueueSoon(deps, record)
  return { record, repeated: false }
}

/** The answer is the import as it was accepted, whatever has become of it: a repetition gets the same. */
async function sendAccepted(
  request: Request,
  response: Response,
  baseUrl: string,
  { record, repeated }: Accepted,
): Promise<void> {
  response.setHeader('Location', `${baseUrl}/v1/imports/${record.id}`)
  response.setHeader('Retry-After', RETRY_AFTER_SECONDS)
  if (repeated) response.setHeader('Idempotency-Replayed', 'true')
  await sendJson(request, response, 202, describeImport(asAccepted(record), baseUrl))
}

function asAccepted(record: ImportRecord): ImportRecord {
  return {
    ...record,
    status: 'queued',
    attempts: 0,
    workedMs: 0,
    hasHeader: null,
    delimiter: null,
    counts: { rows: 0, inserted: 0, duplicates: 0, rejected: 0 },
    errorsByCode: {},
    bytesRead: 0,
    totalRows: null,
    failure: null,
    retriedAs: null,
    startedAt: null,
    finishedAt: null,
    updatedAt: record.createdAt,
  }
}
