import type { Database } from '../open-database.ts'

/** A place in a file from which records can be read: the data row that starts there, from 1. */
export interface KnownPosition {
  readonly rowNumber: number
  readonly byteOffset: number
  readonly line: number
}

export interface RowRecord {
  /** The errors, as encodeRowError gives them; null: it was not rejected. */
  readonly errors: readonly number[] | null
  readonly isDuplicate: boolean
}

/** What is stored of one row's outcome; a row of which nothing is stored was inserted, if it was processed. */
export async function findRowRecord({ prisma }: Database, importId: number, rowNumber: number): Promise<RowRecord> {
  const key = { importId_rowNumber: { importId, rowNumber } }
  const [rejected, duplicate] = await Promise.all([
    prisma.rejectedRow.findUnique({ where: key, select: { errors: true } }),
    prisma.duplicateRow.findUnique({ where: key, select: { rowNumber: true } }),
  ])
  return { errors: rejected?.errors ?? null, isDuplicate: duplicate !== null }
}

/**
 * The last known place at or before a row, or a line; null: reading begins with the file. Known is the place of each
 * rejected row, and of one row in each 256 KiB of the file. Plan: at most one row each of two primary keys, or of the
 * index by line.
 */
export async function findPositionBefore(
  { prisma }: Database,
  importId: number,
  place: { readonly rowNumber: number } | { readonly line: number },
): Promise<KnownPosition | null> {
  const [found] =
    'line' in place
      ? await prisma.$queryRaw<StoredPosition[]>`
          SELECT row_number, byte_offset, line FROM import_position
          WHERE import_id = ${importId}::int AND line <= ${place.line}::bigint
          ORDER BY line DESC LIMIT 1`
      : await prisma.$queryRaw<StoredPosition[]>`
          (SELECT row_number, byte_offset, line FROM import_position
           WHERE import_id = ${importId}::int AND row_number <= ${place.rowNumber}::int
           ORDER BY row_number DESC LIMIT 1)
          UNION ALL
          (SELECT row_number, byte_offset, line FROM rejected_row
           WHERE import_id = ${importId}::int AND row_number <= ${place.rowNumber}::int
           ORDER BY row_number DESC LIMIT 1)
          ORDER BY row_number DESC LIMIT 1`
  if (found === undefined) return null
  return { rowNumber: found.row_number, byteOffset: Number(found.byte_offset), line: Number(found.line) }
}

interface StoredPosition {
  readonly row_number: number
  readonly byte_offset: bigint
  readonly line: bigint
}
