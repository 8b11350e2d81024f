import { OPERATIONS, REFERENCE_KINDS, type ReferenceKind, type ReferenceLoadResult } from '@importer/contracts'
import { countReference, findReference } from '@importer/db'
import { loadReference, ReferenceBodyError } from '@importer/imports'
import type { Request, Response } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { acceptBody } from '../http/accept-body.ts'
import { ApiError, notFound, payloadTooLarge } from '../http/api-error.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { readBigId } from '../http/read-id.ts'
import { watchBody } from '../http/watch-body.ts'
import { defineOperation } from './mount-operation.ts'
import { recordFailedLoad, recordLoad } from './record-load.ts'

/** Each holds a few MiB of its body, and a connection to the database while it writes. */
const LOADS_AT_ONCE = { maxInFlight: 3, maxInFlightPerOrg: 2, maxWaiting: 60, maxWaitingPerOrg: 30 }

/** `/v1/reference/{kind}`: what imports are resolved against. */
export function createReferenceOperations(deps: IntakeDependencies) {
  const limitLoads = createWorkLimit(LOADS_AT_ONCE)

  const count = defineOperation(OPERATIONS.countReference, async ({ principal, database, params }) => {
    const kind = readKind(params.kind)
    return { count: await countReference(database, principal.orgId, kind) }
  })

  const load = defineOperation(OPERATIONS.loadReference, async ({ request, response, principal, database, params }) => {
    const kind = readKind(params.kind)
    const { orgId } = principal
    const recorded = { database, log: deps.log, response, principal, kind }
    let written: ReferenceLoadResult | null = null
    const onInterrupted = (result: ReferenceLoadResult): void => {
      written = result
    }
    const result = await limitLoads(orgId, response, async (signal) =>
      loadBody(deps, { request, response, orgId, kind, signal, onInterrupted }),
    ).catch(async (error: unknown) => {
      await recordFailedLoad(recorded, written, error)
      throw error
    })
    await recordLoad(recorded, result)
    return result
  })

  const show = defineOperation(OPERATIONS.showReference, async ({ principal, database, params }) => {
    const kind = readKind(params.kind)
    const id = readBigId(params.id)
    const item = id === null ? null : await findReference(database, principal.orgId, kind, id)
    if (item === null) {
      const message = `there is no such item of ${kind}; expected one of this organization`
      throw notFound('REFERENCE_NOT_FOUND', 'id', message)
    }
    return item
  })

  return [count, load, show]
}

interface LoadCall {
  readonly request: Request
  readonly response: Response
  readonly orgId: number
  readonly kind: ReferenceKind
  readonly signal: AbortSignal
  readonly onInterrupted: (written: ReferenceLoadResult) => void
}

/** Streams the body into the loader. A body that is no such CSV is 400, and then nothing has changed. */
async function loadBody(
  { bulkDatabases, uploadMaxBytes, uploadIdleTimeoutMs }: IntakeDependencies,
  { request, response, orgId, kind, signal, onInterrupted }: LoadCall,
): Promise<ReferenceLoadResult> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    const message = 'the body is compressed; expected a CSV without Content-Encoding'
    throw new ApiError(415, [{ code: 'UNSUPPORTED_ENCODING', field: 'Content-Encoding', message }])
  }
  if (Number(request.headers['content-length'] ?? 0) > uploadMaxBytes) throw payloadTooLarge(uploadMaxBytes)
  const body = watchBody(request, { maxBytes: uploadMaxBytes, idleTimeoutMs: uploadIdleTimeoutMs })
  acceptBody(request, response)
  try {
    const database = bulkDatabases.forOrganization(orgId)
    return await loadReference({ database, orgId, kind, body, signal, onInterrupted })
  } catch (error) {
    // What ended the body is the reason, whatever the loader makes of it.
    if (body.errored !== null) throw body.errored
    if (error instanceof ReferenceBodyError) {
      throw new ApiError(400, [{ code: error.code, field: 'body', message: error.message }])
    }
    throw error
  } finally {
    body.destroy()
  }
}

function readKind(text: string): ReferenceKind {
  const kind = REFERENCE_KINDS.find((known) => known === text)
  if (kind === undefined) throw new Error(`"${text}" is no kind of reference data, and was found good`)
  return kind
}
