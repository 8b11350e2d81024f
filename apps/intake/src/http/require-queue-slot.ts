import { countQueuedImports } from '@importer/db'

import type { IntakeDependencies } from '../dependencies.ts'
import { queueFull } from './api-error.ts'

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
