import type { Database } from '../open-database.ts'
import {
  IMPORT_STATUS_SELECT,
  IMPORT_SELECT,
  toImportRecord,
  type ImportRecord,
  type ImportRow,
} from './import-record.ts'

const FIND = `${IMPORT_SELECT} WHERE i.org_id = $1::int AND i.id = $2::int`
const LIST_OF_SERIES = `${IMPORT_STATUS_SELECT}
WHERE i.id IN (
  SELECT id FROM import
  WHERE org_id = $1::int AND series_id = $2::bigint
  ORDER BY id DESC LIMIT $3::int
)
ORDER BY i.id`

/** Null for an id of another organization, too. */
export async function findImport(database: Database, orgId: number, importId: number): Promise<ImportRecord | null> {
  const [row] = await database.prisma.$queryRawUnsafe<ImportRow[]>(FIND, orgId, importId)
  return row === undefined ? null : toImportRecord(row)
}

/** The latest `limit` imports of a series, oldest first, without notes, metadata and corrections. */
export async function listSeriesImports(
  database: Database,
  orgId: number,
  seriesId: bigint,
  limit: number,
): Promise<ImportRecord[]> {
  const rows = await database.prisma.$queryRawUnsafe<ImportRow[]>(LIST_OF_SERIES, orgId, seriesId, limit)
  return rows.map(toImportRecord)
}
