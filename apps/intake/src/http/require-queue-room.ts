import { countQueuedImports } from '@importer/db'

import type { IntakeDependencies } from '../dependencies.ts'
import { tooMany } from './api-error.ts'

const RETRY_AFTER_SECONDS = 5

/** Throws 429 while as many imports of the organization wait for a worker as may. */
export async function requireQueueRoom(
  { database, maxQueuedImportsPerOrg }: IntakeDependencies,
  orgId: number,
): Promise<void> {
  if (maxQueuedImportsPerOrg === undefined) return
  const queued = await countQueuedImports(database, orgId)
  if (queued < maxQueuedImportsPerOrg) return
  throw tooMany(
    'TOO_MANY_QUEUED_IMPORTS',
    `${queued} imports of this organization wait already; expected fewer than ${maxQueuedImportsPerOrg}`,
    RETRY_AFTER_SECONDS,
  )
}
