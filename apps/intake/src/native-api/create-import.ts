import { describeImport, OPERATIONS } from '@importer/contracts'
import {
  createImport,
  findImportByKey,
  ImportExistsError,
  ImportUncertainError,
  SameFileError,
  type ImportRecord,
} from '@importer/db'
import { inspectUpload, UnpackError, unpackUpload } from '@importer/imports'
import { FileTooLargeError, type StoredFile } from '@importer/runtime'
import { findUrlFault } from '@importer/webhooks'
import type { Request, Response } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError, payloadTooLarge } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { makeDisplayName } from '../http/display-name.ts'
import { enqueueSoon } from '../http/enqueue-soon.ts'
import { receiveUpload, type ReceivedUpload } from '../http/receive-upload.ts'
import { requireQueueRoom } from '../http/require-queue-room.ts'
import { requireUpload } from '../http/require-upload.ts'
import { findOwnedSeries } from './find-owned.ts'
import { hashRequest, holdIdempotencyKey, keyInUse, requireSameRequest, type HeldKey } from './hold-idempotency-key.ts'
import { defineOperation } from './mount-operation.ts'
import { sendJson } from './send-json.ts'
import { readNativeUpload } from './upload-options.ts'

const RETRY_AFTER_SECONDS = 1

/** One upload on its way to become an import. */
interface Arrival {
  readonly orgId: number
  readonly seriesId: bigint
  readonly receivedAt: Date
  readonly baseUrl: string
  readonly upload: ReceivedUpload
  readonly requestHash: string
  readonly held: HeldKey | null
}

/** `POST /v1/series/{seriesId}/imports`: everything in the head is judged before the first byte of the body is read. */
export function createImportOperation(deps: IntakeDependencies) {
  return defineOperation(OPERATIONS.createImport, async ({ request, response, principal: { orgId }, param }) => {
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
      const arrival = { orgId, seriesId, receivedAt, baseUrl, upload, requestHash, held }
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
    record = await takeUpload(deps, arrival, files)
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

/** The stored upload becomes an import. `files` is told of everything that is stored on the way. */
async function takeUpload(deps: IntakeDependencies, arrival: Arrival, files: string[]): Promise<ImportRecord> {
  const { store, database, uploadMaxBytes, webhookPolicy } = deps
  const { orgId, seriesId, receivedAt, baseUrl, upload, requestHash, held } = arrival
  const { file, identifiers, columns, details, options, metadata } = readNativeUpload(upload, (url) =>
    findUrlFault(url, webhookPolicy),
  )
  const { encoding, delimiter, hasHeader } = options
  const unpacked = await unpackUpload({ store, fileKey: file.key, encoding, maxBytes: uploadMaxBytes })
  if (unpacked !== null) files.push(unpacked.key)
  const text: StoredFile = unpacked ?? file
  const inspected = await inspectUpload({
    store,
    fileKey: text.key,
    identifiers,
    columns,
    delimiter,
    hasHeader: hasHeader === 'auto' ? 'auto' : hasHeader === 'true',
  })
  if (!inspected.ok) throw new ApiError(400, inspected.faults)
  return createImport(database, {
    orgId,
    seriesId,
    fileKey: text.key,
    fileName: makeDisplayName(file.originalName, receivedAt, seriesId),
    bytes: text.bytes,
    sha256: text.sha256,
    checksums: text.checksums,
    upload: unpacked === null ? undefined : { ...file, fileKey: file.key },
    encoding,
    mapping: { ...identifiers, positions: inspected.positions },
    dialect: inspected.dialect,
    details,
    metadata,
    dryRun: options.dryRun,
    maxErrors: options.maxErrors,
    maxErrorRatio: options.maxErrorRatio,
    rejectSameFile: options.onSameFile === 'reject',
    maxQueued: deps.maxQueuedImportsPerOrg,
    callbackUrl: options.callbackUrl,
    baseUrl,
    idempotency: held === null ? undefined : { key: held.key, requestHash },
  })
}

function explainRefusal(error: unknown, maxBytes: number): unknown {
  if (error instanceof FileTooLargeError) return payloadTooLarge(maxBytes)
  if (error instanceof UnpackError) {
    return new ApiError(400, [{ code: error.code, field: 'file', message: error.message }])
  }
  if (error instanceof SameFileError) {
    const message = `the series was given this file before, by import ${error.importId}; expected another file`
    return new ApiError(409, [{ code: 'SAME_FILE', field: 'file', message }], {}, { importId: error.importId })
  }
  return error
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
