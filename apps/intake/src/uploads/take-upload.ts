import { findImportByKey, ImportExistsError, ImportUncertainError, type ImportRecord } from '@importer/db'
import { runInSpan, type Span } from '@importer/runtime'
import type { Request, Response } from 'express'

import { actorOf, type Principal } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { isTooLarge, storageQuotaExceeded } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { enqueueSoon } from '../http/enqueue-soon.ts'
import { createWorkLimit, type WorkLimit } from '../http/limit-work.ts'
import { receiveUpload, type ReceivedUpload } from '../http/receive-upload.ts'
import { runInRequestSpan } from '../http/request-span.ts'
import { requireQueueSlot, requireStorageQuota, requireUpload, type StorageQuota } from '../http/require-upload.ts'
import { describeRequest, noteImport } from '../http/track-requests.ts'
import { applyProfile, type CompletedUpload } from './apply-profile.ts'
import { createUploadImport, explainRefusal, type AcceptedUpload } from './create-upload-import.ts'
import { hashRequest, holdIdempotencyKey, keyInUse, requireSameRequest, type HeldKey } from './hold-idempotency-key.ts'

export interface UploadRequest {
  readonly request: Request
  readonly response: Response
  readonly principal: Principal
  readonly seriesId: bigint
  readonly receivedAt: Date
  /** Checks the form's fields, as the API that it came by has them. Throws 400 with every fault in them. */
  readonly readForm: (upload: CompletedUpload) => AcceptedUpload
}

export interface TakenUpload {
  /** The import as it was accepted, whatever has become of it: a repetition gets the same answer. */
  readonly record: ImportRecord
  readonly repeated: boolean
}

/** Each holds some megabytes of a workbook, and the processor for a second where it was made to. */
const WORKBOOKS_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, maxWaiting: 100, maxWaitingPerOrg: 50 }

export type TakeUpload = (arrival: UploadRequest) => Promise<TakenUpload>

/**
 * The one way of an upload by either API: everything in the head is checked before the first byte of the body is read,
 * then the form is received and becomes an import, or is found to be a repetition under its Idempotency-Key.
 */
export function createTakeUpload(deps: IntakeDependencies): TakeUpload {
  const limitWorkbooks = createWorkLimit(WORKBOOKS_AT_ONCE)
  return async (arrival) =>
    runInRequestSpan(deps, 'upload', arrival, async (span) => takeUpload(deps, limitWorkbooks, arrival, span))
}

async function takeUpload(
  deps: IntakeDependencies,
  limitWorkbooks: WorkLimit,
  arrival: UploadRequest,
  span: Span,
): Promise<TakenUpload> {
  const { request, response, principal, seriesId } = arrival
  span.setAttributes({ 'redemptions.series.id': String(seriesId) })
  requireUpload(request, deps.uploadMaxBytes)
  const database = deps.databases.forOrganization(principal.orgId)
  const held = await holdIdempotencyKey(database, deps.log, principal.orgId, request.headers)
  let quota: StorageQuota | null = null
  try {
    if (held?.made == null) {
      await requireQueueSlot(deps, principal.orgId)
      quota = await requireStorageQuota(deps, principal.orgId, request)
    }
    const limited = { ...deps, uploadMaxBytes: Math.min(deps.uploadMaxBytes, freeBytes(quota)) }
    const upload = await runInSpan(span.startChild('store'), async (storing) => {
      const limits = { maxBytes: limited.uploadMaxBytes, idleTimeoutMs: deps.uploadIdleTimeoutMs }
      const received = await receiveUpload(request, response, deps.store, limits)
      storing.setAttributes({ 'redemptions.file.bytes': received.file?.bytes ?? 0 })
      return received
    })
    const claim = { held, requestHash: hashRequest(seriesId, upload), span }
    const taken = await takeOrRepeat(limited, limitWorkbooks, arrival, upload, claim)
    span.setAttributes({ 'redemptions.import.id': taken.record.id, 'redemptions.repeated': taken.repeated })
    noteImport(response, taken.record.id)
    if (taken.repeated) response.setHeader('Idempotency-Replayed', 'true')
    return { ...taken, record: asAccepted(taken.record) }
  } catch (error) {
    if (quota === null || !isTooLarge(error) || freeBytes(quota) >= deps.uploadMaxBytes) throw error
    throw storageQuotaExceeded(quota.storedBytes, quota.maxBytes)
  } finally {
    await held?.release()
  }
}

/** No more of an upload is received, or unpacked, than the organization may still store. */
function freeBytes(quota: StorageQuota | null): number {
  return quota === null ? Infinity : quota.maxBytes - quota.storedBytes
}

async function takeOrRepeat(
  deps: IntakeDependencies,
  limitWorkbooks: WorkLimit,
  { request, response, principal, seriesId, receivedAt, readForm }: UploadRequest,
  upload: ReceivedUpload,
  { held, requestHash, span }: { readonly held: HeldKey | null; readonly requestHash: string; readonly span: Span },
): Promise<TakenUpload> {
  const { orgId } = principal
  const database = deps.databases.forOrganization(orgId)
  if (held?.made != null) {
    if (upload.file) await deps.store.remove(upload.file.key)
    requireSameRequest(held.made, requestHash)
    return { record: held.made, repeated: true }
  }
  const files: string[] = upload.file === null ? [] : [upload.file.key]
  let record: ImportRecord
  try {
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    const idempotency = held === null ? undefined : { key: held.key, requestHash }
    const origin = { orgId, seriesId, receivedAt, baseUrl, idempotency, actor: actorOf(principal), span }
    const accepted = readForm(await applyProfile(database, orgId, upload))
    record = await createUploadImport(deps, origin, accepted, files, async (work) =>
      limitWorkbooks(orgId, response, work),
    )
  } catch (error) {
    // Remove what is stored, unless the commit's result is unknown: then the import may exist and need its file.
    if (!(error instanceof ImportUncertainError)) for (const key of files) await deps.store.remove(key)
    if (!(error instanceof ImportExistsError) || held === null) throw explainRefusal(error)
    // Our claim was taken for a dead one's: the import of this key is there all the same.
    const made = await findImportByKey(database, orgId, held.key)
    if (made === null) throw keyInUse()
    requireSameRequest(made, requestHash)
    return { record: made, repeated: true }
  }
  deps.metrics.countUpload(record.upload.bytes)
  deps.log.info(
    { ...describeRequest(response), importId: record.id, orgId, bytes: record.upload.bytes, dryRun: record.dryRun },
    'import accepted',
  )
  await enqueueSoon(deps, record, span)
  return { record, repeated: false }
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
