import { findImport, type ImportRecord, type OrganizationDatabases } from '@importer/db'

import { createShortCache } from './short-cache.ts'

/** The import of that id in that organization, as it was at most 200 ms ago, or null. */
export interface FindImport {
  (orgId: number, importId: number): Promise<ImportRecord | null>
  /** The import has been changed by this process: later requests see the change. */
  forget(orgId: number, importId: number): void
}

const IMPORT_TTL_MS = 200
/** A small import is through in less than that: whoever waits for it should not wait for us. */
const YOUNG_IMPORT_MS = 2_000
const YOUNG_IMPORT_TTL_MS = 20
const MAX_IMPORTS = 1_000

/** Many clients that poll one import cost the database five look-ups a second, in its first two seconds fifty. */
export function createFindImport(databases: OrganizationDatabases): FindImport {
  const cache = createShortCache<ImportRecord>({
    ttlMs: IMPORT_TTL_MS,
    ttlOf: (record) => (isYoung(record) ? YOUNG_IMPORT_TTL_MS : IMPORT_TTL_MS),
    maxEntries: MAX_IMPORTS,
  })
  const keyOf = (orgId: number, importId: number): string => `${orgId}/${importId}`
  return Object.assign(
    (orgId: number, importId: number) =>
      cache.get(keyOf(orgId, importId), () => findImport(databases.forOrganization(orgId), orgId, importId)),
    { forget: (orgId: number, importId: number) => cache.forget(keyOf(orgId, importId)) },
  )
}

function isYoung({ status, createdAt }: ImportRecord): boolean {
  return (status === 'queued' || status === 'processing') && Date.now() - createdAt.getTime() < YOUNG_IMPORT_MS
}
