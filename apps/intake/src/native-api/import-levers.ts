import { describeImport, OPERATIONS } from '@importer/contracts'
import {
  cancelImport,
  createImport,
  DRY_RUN_RESUMABLE_DAYS,
  findImport,
  findRetryOf,
  ImportExistsError,
  ImportUncertainError,
  requestRevert,
  resumeImport,
  type ImportRecord,
} from '@importer/db'
import { writeRetryFile } from '@importer/imports'
import { FileMissingError } from '@importer/runtime'

import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { enqueueRevertSoon, enqueueSoon } from '../http/enqueue-soon.ts'
import type { FindImport } from '../http/find-import.ts'
import { requireQueueRoom } from '../http/require-queue-room.ts'
import { findOwnedImport } from './find-owned.ts'
import { defineOperation, type OperationCall } from './mount-operation.ts'
import { sendJson } from './send-json.ts'

/** What all levers have. */
type LeverCall = Pick<OperationCall<typeof OPERATIONS.cancelImport>, 'request' | 'response' | 'principal' | 'param'>

/** A retry file holds parts of the text that it was made of, the header, and a line end after each at most. */
const RETRY_SLACK_BYTES = 1024 * 1024

const RESUMABLE_DRY_RUN = `one that was cancelled or failed, a dry run not more than ${DRY_RUN_RESUMABLE_DAYS} days ago`

/** The levers. Each changes the import by compare-and-set, and asked again it finds what it wants to be so already. */
export function createLeverOperations(deps: IntakeDependencies, cached: FindImport) {
  const { database } = deps
  const find = (orgId: number, importId: number) => findImport(database, orgId, importId)

  async function readOwned({ principal, param }: LeverCall): Promise<ImportRecord> {
    return findOwnedImport(find, principal.orgId, param('importId'))
  }

  async function send(call: LeverCall, status: number, record: ImportRecord): Promise<void> {
    const { request, response } = call
    cached.forget(record.orgId, record.id)
    if (record.retryOf !== null) cached.forget(record.orgId, record.retryOf)
    await sendJson(request, response, status, describeImport(record, readBaseUrl(request, deps.publicUrl)))
  }

  const cancel = defineOperation(OPERATIONS.cancelImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    const changed = await cancelImport(database, { orgId, importId: id })
    const record = await readOwned(call)
    if (!changed && record.status !== 'cancelled') throw misfit(record, 'one that is queued or processing')
    await send(call, 200, record)
  })

  const resume = defineOperation(OPERATIONS.resumeImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    const changed = await resumeImport(database, { orgId, importId: id, maxQueued: deps.maxQueuedImportsPerOrg })
    const record = await readOwned(call)
    const goesOn = record.resumed && ['queued', 'processing'].includes(record.status)
    if (changed === null && !goesOn)
      throw misfit(record, record.dryRun ? RESUMABLE_DRY_RUN : 'one that is cancelled or failed')
    if (changed !== null) await enqueueSoon(deps, { ...record, jobId: changed.jobId })
    await send(call, 202, record)
  })

  const revert = defineOperation(OPERATIONS.revertImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    const changed = await requestRevert(database, { orgId, importId: id })
    if (changed) await enqueueRevertSoon(deps, id)
    const record = await readOwned(call)
    if (!record.revertRequested) throw misfit(record, 'one that is completed, failed or cancelled, and no dry run')
    await send(call, record.status === 'reverted' ? 200 : 202, record)
  })

  const retry = defineOperation(OPERATIONS.retryRejected, async (call) => {
    const record = await readOwned(call)
    const made = await findRetryOf(database, record.orgId, record.id)
    if (made !== null) return send(call, 200, made)
    const ended = ['completed', 'failed', 'cancelled'].includes(record.status) && !record.revertRequested
    if (!ended || record.expired || record.counts.rejected === 0)
      throw misfit(record, 'one that has ended, with rejected rows')
    const created = await createRetry(deps, record, readBaseUrl(call.request, deps.publicUrl))
    if (created === null) {
      const other = await findRetryOf(database, record.orgId, record.id)
      if (other === null) throw new Error(`the retry of import ${record.id} exists and is not there`)
      return send(call, 200, other)
    }
    await enqueueSoon(deps, created)
    call.response.setHeader('Location', `${readBaseUrl(call.request, deps.publicUrl)}/v1/imports/${created.id}`)
    await send(call, 202, created)
  })

  return [cancel, resume, revert, retry]
}

/** A new import of the rejected rows, with everything else as it was; null when somebody else has just made it. */
async function createRetry(
  deps: IntakeDependencies,
  record: ImportRecord,
  baseUrl: string,
): Promise<ImportRecord | null> {
  const { database, store } = deps
  const { orgId, seriesId, delimiter, hasHeader } = record
  if (delimiter === null || hasHeader === null) throw misfit(record, 'one whose file could be read')
  await requireQueueRoom(deps, orgId)
  const file = await writeRetryFile(
    { database, store, importRecord: record },
    2 * record.bytes + RETRY_SLACK_BYTES,
  ).catch(explainMissingFile)
  // What is kept no longer is marked before it is deleted: if that is not so yet, the file has every rejected row.
  const kept = await findImport(database, orgId, record.id)
  if (kept === null || kept.expired) {
    await store.remove(file.key)
    throw misfit(kept ?? record, 'one whose file is kept')
  }
  try {
    return await createImport(database, {
      orgId,
      seriesId,
      fileKey: file.key,
      fileName: `retry_of_${record.id}_${record.fileName}`,
      bytes: file.bytes,
      sha256: file.sha256,
      mapping: record.mapping,
      dialect: { delimiter, hasHeader },
      details: record.details,
      metadata: record.metadata,
      dryRun: record.dryRun,
      retryOf: record.id,
      baseUrl,
      maxQueued: deps.maxQueuedImportsPerOrg,
    })
  } catch (error) {
    if (!(error instanceof ImportUncertainError)) await store.remove(file.key)
    if (error instanceof ImportExistsError) return null
    throw error
  }
}

function explainMissingFile(error: unknown): never {
  if (!(error instanceof FileMissingError)) throw error
  throw notFound('FILE_MISSING', 'importId', 'the file is no longer stored; expected an import whose file is kept')
}

/** 409, with where the import stands. */
function misfit(record: ImportRecord, expected: string): ApiError {
  const { status, revertRequested, dryRun, expired } = record
  const reverting = revertRequested && status !== 'reverted'
  const stands = `${reverting ? 'being reverted' : status}${dryRun ? ', a dry run' : ''}${expired ? ', its file kept no longer' : ''}`
  const message = `the import is ${stands}; expected ${expected}`
  return new ApiError(409, [{ code: 'IMPORT_STATE', field: 'importId', message }], {}, { state: status })
}
