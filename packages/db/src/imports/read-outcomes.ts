import type { Database } from '../open-database.ts'

export interface RowPage {
  /** Row numbers greater than this. */
  readonly afterRow: number
  readonly limit: number
}

/** Where a row of an outcome stands. */
const TABLES = { inserted: 'redemption', duplicate: 'duplicate_row' } as const

/** The row numbers of an import that had this outcome, in order, a page at a time. */
export async function readRowNumbers(
  database: Database,
  importId: number,
  outcome: keyof typeof TABLES,
  { afterRow, limit }: RowPage,
): Promise<number[]> {
  const rows = await database.prisma.$queryRawUnsafe<{ row_number: number }[]>(
    `SELECT row_number FROM ${TABLES[outcome]} WHERE import_id = $1::int AND row_number > $2::int
     ORDER BY row_number LIMIT $3::int`,
    importId,
    afterRow,
    limit,
  )
  return rows.map((row) => row.row_number)
}

/** The row numbers, within a range with both ends included, of what was rejected or is a duplicate, in no order. */
export async function readNotInserted(
  database: Database,
  importId: number,
  range: { readonly first: number; readonly last: number },
): Promise<number[]> {
  const rows = await database.prisma.$queryRaw<{ row_number: number }[]>`
    SELECT row_number FROM rejected_row
    WHERE import_id = ${importId}::int AND row_number BETWEEN ${range.first}::int AND ${range.last}::int
    UNION ALL
    SELECT row_number FROM duplicate_row
    WHERE import_id = ${importId}::int AND row_number BETWEEN ${range.first}::int AND ${range.last}::int`
  return rows.map((row) => row.row_number)
}
