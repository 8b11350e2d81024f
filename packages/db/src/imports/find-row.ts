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

/** The last known position at or before a row, or a line; null: reading begins with the file. By primary key. */
export async function findPositionBefore(
  { prisma }: Database,
  importId: number,
  place: { readonly rowNumber: number } | { readonly line: number },
): Promise<KnownPosition | null> {
  const where = 'line' in place ? { line: { lte: place.line } } : { rowNumber: { lte: place.rowNumber } }
  const position = await prisma.importPosition.findFirst({
    where: { importId, ...where },
    orderBy: { rowNumber: 'desc' },
  })
  if (position === null) return null
  const { rowNumber, byteOffset, line } = position
  return { rowNumber, byteOffset: Number(byteOffset), line: Number(line) }
}
