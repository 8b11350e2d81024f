import { readStoredBytes } from '@importer/db'
import type { Request } from 'express'

import type { IntakeDependencies } from '../dependencies.ts'
import { storageQuotaExceeded } from './api-error.ts'
import { FORM_OVERHEAD_BYTES } from './require-upload.ts'

/**
 * Throws 413 where an upload cannot fit into what the organization may store, by the length in its head: before a body is
 * read that would be of no use. What it really has is added up again, under a lock, when the import is made.
 */
export async function requireStorageQuota(
  { databases, maxStoredBytesPerOrg }: IntakeDependencies,
  orgId: number,
  { headers }: Request,
): Promise<void> {
  if (maxStoredBytesPerOrg === undefined) return
  const storedBytes = await readStoredBytes(databases.forOrganization(orgId), orgId)
  const leastBytes = Math.max(1, Number(headers['content-length'] ?? 0) - FORM_OVERHEAD_BYTES)
  if (storedBytes + leastBytes > maxStoredBytesPerOrg) throw storageQuotaExceeded(storedBytes, maxStoredBytesPerOrg)
}
