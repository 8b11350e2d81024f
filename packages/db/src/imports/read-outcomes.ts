import type { Database } from '../open-database.ts'

export interface RowPage {
  /** Row numbers greater than this. */
  readonly afterRow: number
  readonly limit: number
}

/** The row numbers of what an import inserted, in order, a page at a time. */
export async function readInsertedRowNumbers(database: Database, importId: number, page: RowPage): Promise<number[]> {
  const rows = await database.prisma.$queryRaw<{ row_number: number }[]>`
    SELECT row_number FROM redemption WHERE import_id = ${importId}::int AND row_number > ${page.afterRow}::int
    ORDER BY row_number LIMIT ${page.limit}::int`
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

/** The row numbers of an import's duplicates, in order, a page at a time. */
export async function readDuplicateRowNumbers(database: Database, importId: number, page: RowPage): Promise<number[]> {
  const rows = await database.prisma.$queryRaw<{ row_number: number }[]>`
    SELECT row_number FROM duplicate_row WHERE import_id = ${importId}::int AND row_number > ${page.afterRow}::int
    ORDER BY row_number LIMIT ${page.limit}::int`
  return rows.map((row) => row.row_number)
}
