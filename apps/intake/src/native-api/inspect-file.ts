import { Readable } from 'node:stream'

import { OPERATIONS, showText } from '@importer/contracts'
import { listImportProfiles, MAX_PROFILES, type Database } from '@importer/db'
import { inspectFile, INSPECTED_BYTES, WORKBOOK_MAGIC } from '@importer/imports'
import { findUrlFault } from '@importer/webhooks'

import type { IntakeDependencies } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import { findOwnedSeries } from '../http/find-owned.ts'
import { createWorkLimit } from '../http/limit-work.ts'
import { receiveForm } from '../http/receive-upload.ts'
import { requireUpload } from '../http/require-upload.ts'
import { applyProfile } from '../uploads/apply-profile.ts'
import { explainRefusal } from '../uploads/create-upload-import.ts'
import { readInspectForm } from './inspect-form.ts'
import { defineOperation } from './mount-operation.ts'

const WAITING = { maxWaiting: 100, maxWaitingPerOrg: 50 }
/** Each keeps the beginning of a file in memory for as long as its client takes to send it. */
const RECEIVED_AT_ONCE = { maxInFlight: 16, maxInFlightPerOrg: 4, ...WAITING }
/** Each holds a connection to the database, and the processor for some milliseconds. */
const INSPECTED_AT_ONCE = { maxInFlight: 2, maxInFlightPerOrg: 1, ...WAITING }

/** `POST /v1/inspect`. */
export function createInspectOperation(deps: IntakeDependencies) {
  const limitReceived = createWorkLimit(RECEIVED_AT_ONCE)
  const limitInspected = createWorkLimit(INSPECTED_AT_ONCE)
  const limits = { maxBytes: deps.uploadMaxBytes, idleTimeoutMs: deps.uploadIdleTimeoutMs }
  const checkUrl = (url: string): string | null => findUrlFault(url, deps.webhookPolicy)

  return defineOperation(OPERATIONS.inspectFile, async ({ request, response, principal: { orgId }, database }) => {
    requireUpload(request, deps.uploadMaxBytes)
    return limitReceived(orgId, response, async () => {
      const keys: string[] = []
      try {
        const received = await receiveForm(request, response, limits, {
          keep: async (stream) => keepFile(deps, stream, keys),
          // Whatever is stored is removed below.
          discard: () => Promise.resolve(),
        })
        const { file, wanted } = readInspectForm(await applyProfile(database, orgId, received), checkUrl)
        const seriesId = await readSeries(database, orgId, received.fields['seriesId'])
        const lookUp =
          seriesId === null ? null : { database: deps.bulkDatabases.forOrganization(orgId), orgId, seriesId }
        const profiles = await listImportProfiles(database, orgId, { limit: MAX_PROFILES })
        return await limitInspected(orgId, response, async () =>
          inspectFile({ source: file, wanted, lookUp, profiles, seriesId }),
        )
      } catch (error) {
        throw explainRefusal(error)
      } finally {
        for (const key of keys) await deps.store.remove(key)
      }
    })
  })
}

async function readSeries(database: Database, orgId: number, field: unknown): Promise<bigint | null> {
  if (field === undefined || field === '') return null
  if (typeof field !== 'string') {
    const message = 'seriesId is there more than once; expected one value'
    throw new ApiError(400, [{ code: 'REPEATED_FIELD', field: 'seriesId', message }])
  }
  if (/^\d+$/.test(field.trim())) return findOwnedSeries(database, orgId, field.trim())
  const message = `seriesId is "${showText(field)}"; expected the id of a coupon series`
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'seriesId', message }])
}

type KeptFile = Parameters<typeof inspectFile>[0]['source']

/**
 * The first bytes; the rest is read and forgotten, as fields may come behind the file. The directory of a workbook stands
 * at its end: it is stored for as long as it is looked at.
 */
async function keepFile(
  { store, uploadMaxBytes }: IntakeDependencies,
  stream: Readable,
  keys: string[],
): Promise<KeptFile> {
  const pieces = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  const begun = await takeBytes(pieces, WORKBOOK_MAGIC.length)
  if (begun.subarray(0, WORKBOOK_MAGIC.length).equals(WORKBOOK_MAGIC)) {
    const whole = Readable.from(joinPieces(begun, pieces), { objectMode: false })
    const { key } = await store.write(whole, { maxBytes: uploadMaxBytes })
    keys.push(key)
    return { store, fileKey: key }
  }
  const head = Buffer.concat([begun, await takeBytes(pieces, INSPECTED_BYTES - begun.length)])
  for (let piece = await pieces.next(); piece.done !== true;) piece = await pieces.next()
  return { head: Uint8Array.from(head.subarray(0, INSPECTED_BYTES)) }
}

/** At least so many, unless there are fewer. */
async function takeBytes(pieces: AsyncIterator<Buffer>, least: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let missing = least; missing > 0;) {
    const piece = await pieces.next()
    if (piece.done === true) break
    chunks.push(piece.value)
    missing -= piece.value.length
  }
  return Buffer.concat(chunks)
}

async function* joinPieces(begun: Buffer, pieces: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield begun
  for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) yield piece.value
}
