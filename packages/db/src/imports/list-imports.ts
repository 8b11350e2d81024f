import type { ImportOutcome, ImportStatus } from '@importer/contracts'

import type { Database } from '../open-database.ts'
import { IMPORT_LIST_SELECT, toImportRecord, type ImportRecord, type ImportRow } from './import-record.ts'

export interface ImportFilter {
  readonly seriesId?: bigint | undefined
  readonly status?: ImportStatus | undefined
  /** Of completed imports. */
  readonly outcome?: ImportOutcome | undefined
  /** Part of the file name without case, or an id. */
  readonly q?: string | undefined
  /** The name of a profile, whatever version. */
  readonly profile?: string | undefined
  /** From this instant on, and before that one. */
  readonly createdFrom?: Date | undefined
  readonly createdBefore?: Date | undefined
  /** Only ids below this one: where the page before ended. */
  readonly beforeId?: number | undefined
  readonly limit: number
}

const LIST = `${IMPORT_LIST_SELECT}
WHERE i.id IN (
  SELECT id FROM import
  WHERE org_id = $1::int
    AND ($2::bigint IS NULL OR series_id = $2::bigint)
    AND ($3::text IS NULL OR status = $3::text)
    AND ($4::timestamptz IS NULL OR created_at >= $4::timestamptz)
    AND ($5::timestamptz IS NULL OR created_at < $5::timestamptz)
    AND ($6::int IS NULL OR id < $6::int)
    AND ($8::text IS NULL OR status = 'completed' AND $8::text = (
      SELECT CASE WHEN coalesce(sum(rejected), 0) = 0 THEN 'success'
                  WHEN coalesce(sum(inserted + duplicates), 0) = 0 THEN 'failure' ELSE 'partial' END
      FROM import_lane WHERE import_id = import.id
    ))
    AND ($9::text IS NULL OR strpos(lower(file_name), lower($9::text)) > 0 OR id::text = $9::text)
    AND ($10::text IS NULL OR profile_name = $10::text)
  ORDER BY id DESC LIMIT $7::int
)
ORDER BY i.id DESC`

/** An organization's imports, newest first, with the begin of their notes. Ids only grow, so what arrives meanwhile never moves a later page. */
export async function listImports(database: Database, orgId: number, filter: ImportFilter): Promise<ImportRecord[]> {
  const rows = await database.prisma.$queryRawUnsafe<ImportRow[]>(
    LIST,
    orgId,
    filter.seriesId ?? null,
    filter.status ?? null,
    filter.createdFrom ?? null,
    filter.createdBefore ?? null,
    filter.beforeId ?? null,
    filter.limit,
    filter.outcome ?? null,
    filter.q ?? null,
    filter.profile ?? null,
  )
  return rows.map(toImportRecord)
}
