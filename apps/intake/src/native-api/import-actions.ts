import { describeImport, OPERATIONS } from '@importer/contracts'
import {
  cancelImport,
  DRY_RUN_RESUMABLE_DAYS,
  findImport,
  forgetImport,
  requestRevert,
  resumeImport,
  type ImportRecord,
} from '@importer/db'

import { actorOf } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { enqueueRevertSoon, enqueueSoon } from '../http/enqueue-soon.ts'
import type { FindImport } from '../http/find-import.ts'
import { findOwnedImport, misfit } from '../http/find-owned.ts'
import { describeRequest } from '../http/track-requests.ts'
import { sendJson } from './answer.ts'
import { defineOperation, type OperationCall } from './mount-operation.ts'
import { createRetryOperation } from './retry-rejected.ts'

/** What all actions have. */
export type ActionCall = Pick<
  OperationCall<typeof OPERATIONS.cancelImport>,
  'request' | 'response' | 'principal' | 'database' | 'params'
>

const RESUMABLE_DRY_RUN = `one that was cancelled or failed, a dry run not more than ${DRY_RUN_RESUMABLE_DAYS} days ago`

/** The actions. Each changes the import by compare-and-set, and requested again it finds its effect there already. */
export function createActionOperations(deps: IntakeDependencies, cached: FindImport) {
  async function readOwned({ principal, database, params }: ActionCall): Promise<ImportRecord> {
    const find = (orgId: number, importId: number) => findImport(database, orgId, importId)
    return findOwnedImport(find, principal.orgId, params.importId)
  }

  const logAction = ({ response }: ActionCall, importId: number, what: string): void =>
    deps.log.info({ ...describeRequest(response), importId }, what)

  async function send(call: ActionCall, status: number, record: ImportRecord): Promise<void> {
    const { request, response } = call
    cached.forget(record.orgId, record.id)
    if (record.retryOf !== null) cached.forget(record.orgId, record.retryOf)
    await sendJson(request, response, status, describeImport(record, readBaseUrl(request, deps.publicUrl)))
  }

  const cancel = defineOperation(OPERATIONS.cancelImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    const changed = await cancelImport(call.database, { orgId, importId: id, actor: actorOf(call.principal) })
    if (changed) logAction(call, id, 'import cancelled')
    const record = await readOwned(call)
    if (!changed && record.status !== 'cancelled') throw misfit(record, 'one that is queued or processing')
    await send(call, 200, record)
  })

  const resume = defineOperation(OPERATIONS.resumeImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    const changed = await resumeImport(call.database, {
      orgId,
      importId: id,
      actor: actorOf(call.principal),
      maxQueued: deps.maxQueuedImportsPerOrg,
    })
    if (changed !== null) logAction(call, id, 'import resumed')
    const record = await readOwned(call)
    const goesOn = record.resumed && ['queued', 'processing'].includes(record.status)
    if (changed === null && !goesOn)
      throw misfit(record, record.dryRun ? RESUMABLE_DRY_RUN : 'one that is cancelled or failed')
    if (changed !== null) await enqueueSoon(deps, { ...record, jobId: changed.jobId })
    await send(call, 202, record)
  })

  const revert = defineOperation(OPERATIONS.revertImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    const changed = await requestRevert(call.database, { orgId, importId: id, actor: actorOf(call.principal) })
    if (changed) {
      logAction(call, id, 'import is to be reverted')
      await enqueueRevertSoon(deps, { id, orgId })
    }
    const record = await readOwned(call)
    if (!record.revertRequested) throw misfit(record, 'one that is completed, failed or cancelled, and no dry run')
    await send(call, record.status === 'reverted' ? 200 : 202, record)
  })

  const forget = defineOperation(OPERATIONS.deleteImport, async (call) => {
    const { id, orgId } = await readOwned(call)
    if (!(await forgetImport(call.database, { orgId, importId: id, actor: actorOf(call.principal) }))) {
      throw misfit(await readOwned(call), 'one that is over, and of which no rows are being tried again')
    }
    logAction(call, id, 'import deleted')
    cached.forget(orgId, id)
  })

  return [forget, cancel, resume, revert, createRetryOperation(deps, { readOwned, send })]
}
