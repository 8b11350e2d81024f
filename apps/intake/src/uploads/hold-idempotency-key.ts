import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

import {
  claimKey,
  findImportByKey,
  releaseClaim,
  renewClaim,
  type Database,
  type IdempotencyClaim,
  type ImportRecord,
} from '@importer/db'

import type { Log } from '../dependencies.ts'
import { ApiError } from '../http/api-error.ts'
import type { ReceivedUpload } from '../http/receive-upload.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
const RENEW_EVERY_MS = 4_000

/** What is known of an Idempotency-Key while its request is under way. */
export interface HeldKey {
  readonly key: string
  /** What the key made before: this request can only be a repetition. */
  readonly made: ImportRecord | null
  readonly release: () => Promise<void>
}

/**
 * Takes the request's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), if it has one: of two simultaneous
 * requests one goes on and the other gets 409. The claim is renewed while the request lives, so that one of a process
 * that died ends by itself; what the key made is in the import's own row, so no crash can separate the two.
 */
export async function holdIdempotencyKey(
  database: Database,
  log: Log,
  orgId: number,
  headers: IncomingHttpHeaders,
): Promise<HeldKey | null> {
  const key = headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !KEY.test(key)) {
    const message = 'the key is none; expected 1 to 255 printable ASCII characters without spaces'
    throw new ApiError(400, [{ code: 'INVALID_VALUE', field: 'Idempotency-Key', message }])
  }
  const claim = await claimKey(database, orgId, key)
  // A claim that is not released ends by itself some seconds later, and what the request has made is made.
  const release = async (held: IdempotencyClaim): Promise<void> =>
    releaseClaim(database, held).catch((error: unknown) =>
      log.warn({ orgId, err: error }, 'an idempotency key was not released; it is free in 15 s'),
    )
  let made: ImportRecord | null
  try {
    // Looked up after the claim: the request that had the key before has made its import by now, or never will.
    made = await findImportByKey(database, orgId, key)
  } catch (error) {
    if (claim !== null) await release(claim)
    throw error
  }
  if (claim === null) {
    if (made !== null) return { key, made, release: () => Promise.resolve() }
    throw keyInUse()
  }
  const renewing = setInterval(() => {
    renewClaim(database, claim).catch((error: unknown) =>
      log.warn({ err: error }, 'an idempotency key was not renewed'),
    )
  }, RENEW_EVERY_MS)
  renewing.unref()
  return {
    key,
    made,
    async release() {
      clearInterval(renewing)
      await release(claim)
    },
  }
}

export function keyInUse(): ApiError {
  const message = 'a request with this key is under way; expected its end'
  return new ApiError(409, [{ code: 'IDEMPOTENCY_KEY_IN_USE', field: 'Idempotency-Key', message }], {
    'Retry-After': '1',
  })
}

/** A hash of all that makes two uploads the same: path, fields and file. */
export function hashRequest(seriesId: bigint, { fields, file }: ReceivedUpload): string {
  const parts = [
    String(seriesId),
    Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    file === null ? null : [file.originalName, file.bytes, file.sha256],
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Throws 422 unless the request is the one that made the import. */
export function requireSameRequest(made: ImportRecord, requestHash: string): void {
  if (made.requestHash === requestHash) return
  const message = 'this key came with another payload before; expected a new key, or the same payload'
  throw new ApiError(422, [{ code: 'IDEMPOTENCY_KEY_REUSED', field: 'Idempotency-Key', message }])
}
