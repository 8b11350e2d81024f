import type { ColumnMapping } from '@importer/contracts'

import type { Prisma } from '../generated/client.ts'
import type { Database } from '../open-database.ts'
import type { ImportRecord, JsonObject } from './import-record.ts'
import { findImport } from './read-imports.ts'

export interface NewImport {
  readonly orgId: number
  readonly seriesId: bigint
  readonly fileKey: string
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
  readonly mapping: ColumnMapping
  readonly details: string | null
  readonly metadata: JsonObject | null
}

/** The id under which an import's job is queued while its lease is `lease`. */
export function importJobId(importId: number, lease: number): string {
  return `import-${importId}-${lease}`
}

/** Accepts an import: once this returns, no crash loses it. Its file must be durable before. */
export async function createImport(database: Database, newImport: NewImport): Promise<ImportRecord> {
  const { mapping, metadata, bytes, ...rest } = newImport
  const { id } = await database.prisma.import.create({
    data: {
      ...rest,
      bytes: BigInt(bytes),
      mapping: mapping as unknown as Prisma.InputJsonObject,
      ...(metadata === null ? {} : { metadata: metadata as Prisma.InputJsonObject }),
    },
    select: { id: true },
  })
  const created = await findImport(database, newImport.orgId, id)
  if (created === null) throw new Error(`import ${id} is gone right after it was created`)
  return created
}
