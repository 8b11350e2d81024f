import { showText } from '@importer/contracts'
import { countQueuedImports, readStoredBytes } from '@importer/db'
import type { Request } from 'express'

import { ApiError, payloadTooLarge, queueFull, storageQuotaExceeded } from './api-error.ts'
import type { IntakeDependencies } from '../dependencies.ts'

/** What a form may have beside its file: the fields and what stands around them. */
export const FORM_OVERHEAD_BYTES = 1024 * 1024

/**
 * Checks by the head alone whether an upload can follow whose file has at most `maxBytes`. Throws 400, 413 or 415. Of
 * the file itself the head says nothing: that is checked as it comes.
 */
export function requireUpload(request: Request, maxBytes: number): void {
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(contentType)) {
    const message = 'the request is not multipart/form-data with a boundary; expected a form with a file'
    throw new ApiError(400, [{ code: 'NOT_MULTIPART', field: 'Content-Type', message }])
  }
  const coding = request.headers['content-encoding'] ?? 'identity'
  if (coding.toLowerCase() !== 'identity') {
    const message = `the form is sent with Content-Encoding ${showText(coding)}; expected it without (the file in it may be packed with gzip)`
    throw new ApiError(415, [{ code: 'UNSUPPORTED_ENCODING', field: 'Content-Encoding', message }])
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + FORM_OVERHEAD_BYTES) {
    throw payloadTooLarge(maxBytes)
  }
}

/**
 * Throws 429 while as many imports of the organization wait for a worker as may: before a body is read that would be of no
 * use. Others may come meanwhile, so it is counted again, under a lock, when the import is made.
 */
export async function requireQueueSlot(
  { databases, maxQueuedImportsPerOrg }: IntakeDependencies,
  orgId: number,
): Promise<void> {
  if (maxQueuedImportsPerOrg === undefined) return
  const queued = await countQueuedImports(databases.forOrganization(orgId), orgId)
  if (queued >= maxQueuedImportsPerOrg) throw queueFull(maxQueuedImportsPerOrg)
}

/** What an organization's files have, and may have together. */
export interface StorageQuota {
  readonly storedBytes: number
  readonly maxBytes: number
}

/**
 * Throws 413 where an upload cannot fit into what the organization may store, by the length in its head: before a body is
 * read that would be of no use. What it really has is added up again, under a lock, when the import is made. Null: there
 * is no limit.
 */
export async function requireStorageQuota(
  { databases, maxStoredBytesPerOrg }: IntakeDependencies,
  orgId: number,
  { headers }: Request,
): Promise<StorageQuota | null> {
  if (maxStoredBytesPerOrg === undefined) return null
  const storedBytes = await readStoredBytes(databases.forOrganization(orgId), orgId)
  const leastBytes = Math.max(1, Number(headers['content-length'] ?? 0) - FORM_OVERHEAD_BYTES)
  if (storedBytes + leastBytes > maxStoredBytesPerOrg) throw storageQuotaExceeded(storedBytes, maxStoredBytesPerOrg)
  return { storedBytes, maxBytes: maxStoredBytesPerOrg }
}
