import { describeImport } from '@importer/contracts'
import { listImports, type Database, type ImportFilter } from '@importer/db'

/** What is read at a time: with notes, metadata and corrections at their longest, some MiB. */
const CHUNK_IMPORTS = 50
/** A page ends behind the import with which it reaches this, however many were asked for. */
const MAX_PAGE_CHARACTERS = 1024 * 1024

export interface ImportPage {
  readonly items: ReturnType<typeof describeImport>[]
  readonly nextCursor: string | null
}

/** A page of an organization's imports, bounded in number and in bytes. */
export async function readImportPage(
  database: Database,
  orgId: number,
  filter: ImportFilter,
  baseUrl: string,
): Promise<ImportPage> {
  const items: ImportPage['items'] = []
  let characters = 0
  let { beforeId } = filter
  while (items.length < filter.limit) {
    const wanted = Math.min(CHUNK_IMPORTS, filter.limit - items.length)
    const found = await listImports(database, orgId, { ...filter, beforeId, limit: wanted + 1 })
    for (const [index, record] of found.slice(0, wanted).entries()) {
      const item = describeImport(record, baseUrl)
      items.push(item)
      characters += JSON.stringify(item).length
      beforeId = record.id
      const isLast = index === found.length - 1
      if (characters >= MAX_PAGE_CHARACTERS && !isLast) return { items, nextCursor: String(record.id) }
    }
    if (found.length <= wanted) return { items, nextCursor: null }
  }
  return { items, nextCursor: String(beforeId) }
}
