import { OPERATIONS, toRetryOptions, type FieldFault, type RetryOptions } from '@importer/contracts'
import { createRetry, findImport, findNotRejected, hasRetry, type Database, type ImportRecord } from '@importer/db'
import { findColumns, readHeaderNames } from '@importer/imports'
import type { Span } from '@importer/runtime'

import { actorOf } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { misfit } from '../http/find-owned.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { enqueueSoon } from '../http/enqueue-soon.ts'
import { runInRequestSpan } from '../http/request-span.ts'
import { describeRequest } from '../http/track-requests.ts'
import type { ActionCall } from './import-actions.ts'
import { defineOperation, type OperationCall } from './mount-operation.ts'
import { explainMissingFile } from './send-reports.ts'

const EXPECTED = 'one that has ended, with rejected rows'

/** Each looks up what it is to retry, and writes an import: more of them at once would only wait for each other. */
const RETRIES_AT_ONCE = { maxInFlight: 4, maxInFlightPerOrg: 2, maxWaiting: 200, maxWaitingPerOrg: 100 }

type RetryCall = OperationCall<typeof OPERATIONS.retryRejected>

export interface RetryDependencies {
  readonly readOwned: (call: ActionCall) => Promise<ImportRecord>
  readonly send: (call: ActionCall, status: number, record: ImportRecord) => Promise<void>
}

/**
 * `POST …/retry-rejected`: the new import is made and answered here, however many rows it has; a worker makes its file.
 */
export function createRetryOperation(deps: IntakeDependencies, { readOwned, send }: RetryDependencies) {
  const limitRetries = createWorkLimit(RETRIES_AT_ONCE)

  return defineOperation(OPERATIONS.retryRejected, async (call) =>
    runInRequestSpan(deps, 'retry', call, async (span) => retry(call, span)),
  )

  async function retry(call: RetryCall, span: Span): Promise<void> {
    const { request, response, database, body } = call
    const source = await readOwned(call)
    const { orgId, id: sourceId } = source
    const options = toRetryOptions(body, source.dryRun)
    const baseUrl = readBaseUrl(request, deps.publicUrl)
    const actor = actorOf(call.principal)
    const { traceparent } = span
    const limits = { maxQueued: deps.maxQueuedImportsPerOrg, maxStoredBytes: deps.maxStoredBytesPerOrg }
    const newRetry = { orgId, sourceId, options, baseUrl, actor, ...limits, traceparent }
    const made = await limitRetries(orgId, response, async () => {
      // The same body returns the retry that it created, also when the import or its file has been deleted since.
      if (!(await hasRetry(database, newRetry))) await requireFitting(database, deps, source, options)
      return createRetry(database, newRetry)
    })
    if (made.outcome === 'misfit') throw misfit(source, EXPECTED)
    if (made.outcome === 'busy') throw stillRunning(made.importId)
    const record = await findImport(database, orgId, made.importId)
    if (record === null) throw new Error(`import ${made.importId} is gone right after it was made`)
    if (made.outcome === 'made-before') return send(call, 200, record)
    deps.log.info({ ...describeRequest(response), importId: record.id, retryOf: sourceId }, 'import accepted')
    span.setAttributes({ 'redemptions.import.id': record.id })
    await enqueueSoon(deps, record, span)
    response.setHeader('Location', `${baseUrl}/v1/imports/${record.id}`)
    await send(call, 202, record)
  }
}

/** Throws 400 for corrections that fit no rejected row or column, 404 where the file is gone. */
async function requireFitting(
  database: Database,
  { store }: IntakeDependencies,
  source: ImportRecord,
  { codes, corrections }: RetryOptions,
): Promise<void> {
  const hasEnded = ['completed', 'failed', 'cancelled'].includes(source.status) && !source.revertRequested
  if (!hasEnded || source.expired || source.counts.rejected === 0) throw misfit(source, EXPECTED)
  if (codes !== null && !codes.some((code) => (source.errorsByCode[code] ?? 0) > 0)) {
    throw misfit(source, `one with rejected rows of ${codes.join(' or ')}`)
  }
  // Its rows are read by a worker, from a file that has to be there.
  await store.size(source.fileKey).catch(explainMissingFile)
  const names = corrections.some((correction) => !('drop' in correction))
    ? await readHeaderNames({ store, importRecord: source }).catch(explainMissingFile)
    : []
  const faults: FieldFault[] = [...findColumns(corrections, source.mapping.positions, names).faults]
  const rowNumbers = corrections.flatMap((correction) => ('rowNumber' in correction ? [correction.rowNumber] : []))
  if (rowNumbers.length > 0) {
    for (const rowNumber of await findNotRejected(database, source.id, rowNumbers)) {
      const message = `row ${rowNumber} was not rejected; expected the rowNumber of a rejected row`
      faults.push({ code: 'ROW_NOT_REJECTED', field: 'corrections', message })
    }
  }
  const [first, ...others] = faults
  if (first !== undefined) throw new ApiError(400, [first, ...others])
}

function stillRunning(importId: number): ApiError {
  const message =
    `import ${importId} tries these rejected rows again already and is not over; ` +
    'expected to wait for its end, or the same body again'
  return new ApiError(409, [{ code: 'RETRY_UNDER_WAY', field: 'importId', message }], {}, { importId })
}
