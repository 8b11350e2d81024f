import type { Readable } from 'node:stream'

import { OPERATIONS } from '@importer/contracts'
import { inspectFile, INSPECTED_BYTES } from '@importer/imports'
import { findUrlFault } from '@importer/webhooks'

import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { receiveForm } from '../http/receive-upload.ts'
import { requireUpload } from '../http/require-upload.ts'
import { showText } from '../http/show-text.ts'
import { applyProfile } from '../uploads/apply-profile.ts'
import { findOwnedSeries } from './find-owned.ts'
import { readInspectForm } from './inspect-form.ts'
import { defineOperation } from './mount-operation.ts'
import { sendJson } from './send-json.ts'

const WAITING = { maxWaiting: 100, maxWaitingPerOrg: 50, waitTimeoutMs: 20_000 }
/** Each keeps the beginning of a file in memory for as long as its client takes to send it. */
const RECEIVED_AT_ONCE = { maxInFlight: 16, maxInFlightPerOrg: 4, ...WAITING }
/** Each holds a connection to the database, and the processor for some milliseconds. */
const INSPECTED_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, ...WAITING }

/** `POST /v1/inspect`. */
export function createInspectOperation(deps: IntakeDependencies) {
  const limitReceived = createWorkLimit(RECEIVED_AT_ONCE)
  const limitInspected = createWorkLimit(INSPECTED_AT_ONCE)
  const limits = { maxBytes: deps.uploadMaxBytes, idleTimeoutMs: deps.uploadIdleTimeoutMs }
  const judgeUrl = (url: string): string | null => findUrlFault(url, deps.webhookPolicy)

  return defineOperation(OPERATIONS.inspectFile, async ({ request, response, principal: { orgId } }) => {
    requireUpload(request, deps.uploadMaxBytes)
    const inspection = await limitReceived(orgId, response, async () => {
      const received = await receiveForm(request, response, limits, {
        keep: keepHead,
        discard: () => Promise.resolve(),
      })
      const { head, wanted } = readInspectForm(await applyProfile(deps.database, orgId, received), judgeUrl)
      const seriesId = await readSeries(deps, orgId, received.fields['seriesId'])
      const lookUp = seriesId === null ? null : { database: deps.bulkDatabase, orgId, seriesId }
      return limitInspected(orgId, response, async () => inspectFile({ head, wanted, lookUp }))
    })
    await sendJson(request, response, 200, inspection)
  })
}

async function readSeries({ database }: IntakeDependencies, orgId: number, field: unknown): Promise<bigint | null> {
  if (field === undefined || field === '') return null
  if (typeof field !== 'string') {
    const message = 'seriesId is there more than once; expected one value'
    throw new ApiError(400, [{ code: 'REPEATED_FIELD', field: 'seriesId', message }])
  }
  if (/^\d+$/.test(field.trim())) return findOwnedSeries(database, orgId, field.trim())
  const message = `seriesId is "${showText(field)}"; expected the id of a coupon series`
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'seriesId', message }])
}

/** The first bytes; the rest is read and forgotten, as fields may come behind the file. */
async function keepHead(stream: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let missing = INSPECTED_BYTES
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    if (missing <= 0) continue
    // A copy: a piece of a chunk would keep all of it.
    chunks.push(Uint8Array.from(chunk.subarray(0, missing)))
    missing -= chunk.length
  }
  return Buffer.concat(chunks)
}
