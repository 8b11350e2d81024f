import { findImport, type Database, type ImportRecord } from '@importer/db'

import { createShortCache } from './short-cache.ts'

/** The import of that id in that organization, as it was at most 200 ms ago, or null. */
export type FindImport = (orgId: number, importId: number) => Promise<ImportRecord | null>

const IMPORT_TTL_MS = 200
const MAX_IMPORTS = 1_000

/** Many clients that poll one import cost the database five look-ups a second. */
export function createFindImport(database: Database): FindImport {
  const cache = createShortCache<ImportRecord>({ ttlMs: IMPORT_TTL_MS, maxEntries: MAX_IMPORTS })
  return (orgId, importId) => cache.get(`${orgId}/${importId}`, () => findImport(database, orgId, importId))
}
