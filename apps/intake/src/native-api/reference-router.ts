import { REFERENCE_KINDS, type ReferenceKind, type ReferenceLoadResult } from '@importer/contracts'
import { countReference, findReference } from '@importer/db'
import { loadReference, ReferenceBodyError } from '@importer/imports'
import { Router, type Request, type Response } from 'express'

import type { Authenticate } from '../authentication/authenticate.ts'
import type { IntakeDependencies } from '../dependencies.ts'
import { acceptBody } from '../http/accept-body.ts'
import { ApiError, methodNotAllowed, notFound, payloadTooLarge } from '../http/api-error.ts'
import { readBigId } from '../http/read-id.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { nameRoute } from '../http/track-requests.ts'
import { watchBody } from '../http/watch-body.ts'

/** `/v1/reference/{kind}`: what imports are resolved against. */
export function createReferenceRouter(deps: IntakeDependencies, authenticate: Authenticate): Router {
  const router = Router()
  router
    .route('/:kind')
    .all(nameRoute('/v1/reference/{kind}'))
    .get(async (request: Request<{ kind: string }>, response) => {
      const { orgId } = await authenticate(request.headers, 'read')
      const count = await countReference(deps.database, orgId, readKind(request.params.kind))
      await sendJson(request, response, { count })
    })
    .put(async (request: Request<{ kind: string }>, response) => {
      const { orgId } = await authenticate(request.headers, 'write')
      const kind = readKind(request.params.kind)
      await sendJson(request, response, await loadBody(deps, request, response, orgId, kind))
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD', 'PUT'])
    })
  router
    .route('/:kind/:id')
    .all(nameRoute('/v1/reference/{kind}/{id}'))
    .get(async (request: Request<{ kind: string; id: string }>, response) => {
      const { orgId } = await authenticate(request.headers, 'read')
      const kind = readKind(request.params.kind)
      const id = readBigId(request.params.id)
      const item = id === null ? null : await findReference(deps.database, orgId, kind, id)
      if (item === null) {
        throw notFound(
          'REFERENCE_NOT_FOUND',
          'id',
          `there is no such item of ${kind}; expected one of this organization`,
        )
      }
      await sendJson(request, response, item)
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })
  return router
}

/** Streams the body into the loader. A body that is no such CSV is 400, and then nothing has changed. */
async function loadBody(
  { database, uploadMaxBytes, uploadIdleTimeoutMs }: IntakeDependencies,
  request: Request,
  response: Response,
  orgId: number,
  kind: ReferenceKind,
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
    return await loadReference({ database, orgId, kind, body })
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
  if (kind === undefined) {
    throw notFound(
      'REFERENCE_KIND_NOT_FOUND',
      'kind',
      `there is no such reference data; expected ${REFERENCE_KINDS.join(', ')}`,
    )
  }
  return kind
}

/** Ids are bigints in the database and numbers in JSON, which holds them exactly up to 2^53 - 1. */
async function sendJson(request: Request, response: Response, value: object): Promise<void> {
  const body = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))
  response.setHeader('Cache-Control', 'no-store')
  await sendAnswer(request, response, { status: 200, contentType: 'application/json; charset=utf-8', body })
}
