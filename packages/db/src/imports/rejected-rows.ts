import type { Database } from '../open-database.ts'
import type { RowPage } from './read-outcomes.ts'

export interface RejectedRow {
  readonly rowNumber: number
  /** Where its record starts in the file: line from 1, byte from 0. */
  readonly line: number
  readonly byteOffset: number
  /** As encodeRowError gives them. */
  readonly errors: readonly number[]
}

interface PackedRows {
  readonly rowsRead: number
  readonly lastRow: number | null
  /** Array literals, one element for each row. */
  readonly rowNumbers: string
  readonly lines: string
  readonly byteOffsets: string
  readonly errors: string
}

/**
 * Reads rejected rows in their order: exactly as many as `$3` says, or to the last, and gives of these the ones with one of
 * the errors `$4` (null: all), packed: a page of 5,000 as objects costs Prisma 50 ms, packed 3 ms.
 *
 * Plan: the primary key, in its order, stopped by the LIMIT. The errors are no condition of the inner query: without
 * statistics so few rows are expected to match that the planner reads and sorts all rows of the import instead.
 */
const READ = `
SELECT count(*)::int AS "rowsRead", max(row_number) AS "lastRow",
       coalesce(array_agg(row_number ORDER BY row_number) FILTER (WHERE is_match), '{}')::text AS "rowNumbers",
       coalesce(array_agg(line ORDER BY row_number) FILTER (WHERE is_match), '{}')::text AS lines,
       coalesce(array_agg(byte_offset ORDER BY row_number) FILTER (WHERE is_match), '{}')::text AS "byteOffsets",
       coalesce(array_agg(array_to_string(errors, '+') ORDER BY row_number) FILTER (WHERE is_match), '{}')::text AS errors
FROM (
  SELECT row_number, line, byte_offset, errors, $4::smallint[] IS NULL OR errors && $4::smallint[] AS is_match
  FROM rejected_row WHERE import_id = $1::int AND row_number > $2::int
  ORDER BY row_number LIMIT $3::int
) r`

/** The rejected rows of an import in row order, a page at a time. */
export async function readRejectedRows(database: Database, importId: number, page: RowPage): Promise<RejectedRow[]> {
  return unpackRows(await readPacked(database, importId, page, null))
}

export interface FoundRejectedRows {
  readonly rows: readonly RejectedRow[]
  /** Behind which row others may follow; null: there are none. */
  readonly nextAfterRow: number | null
}

/** What is looked through for one page, where few rows match: beyond these the next page goes on. */
const MAX_ROWS_READ = 50_000
const MAX_ROWS_AT_ONCE = 10_000

/**
 * Up to `limit` rejected rows with one of these errors, in row order. Where an error is found is recorded with each batch:
 * other rows are not read. Fewer than `limit`, maybe none, where many rows had to be read to find them.
 */
export async function findRejectedRows(
  database: Database,
  importId: number,
  { afterRow, limit, withAnyOf }: RowPage & { readonly withAnyOf: readonly number[] },
): Promise<FoundRejectedRows> {
  const spans = await readSpans(database, importId, withAnyOf)
  const rows: RejectedRow[] = []
  let readTo = afterRow
  for (let rowsRead = 0, atOnce = limit + 1; rowsRead < MAX_ROWS_READ;) {
    const span = spans.find(({ last }) => last > readTo)
    if (span === undefined) return { rows, nextAfterRow: null }
    const page = { afterRow: Math.max(readTo, span.first - 1), limit: atOnce }
    const packed = await readPacked(database, importId, page, withAnyOf)
    rows.push(...unpackRows(packed))
    if (rows.length > limit) return { rows: rows.slice(0, limit), nextAfterRow: rows[limit - 1]?.rowNumber ?? afterRow }
    if (packed.lastRow === null || packed.rowsRead < atOnce) return { rows, nextAfterRow: null }
    readTo = packed.lastRow
    rowsRead += packed.rowsRead
    atOnce = Math.min(atOnce * 2, MAX_ROWS_AT_ONCE)
  }
  return { rows, nextAfterRow: readTo }
}

interface Span {
  readonly first: number
  readonly last: number
}

/** Between which rows these errors are, in order and apart from each other. */
async function readSpans({ prisma }: Database, importId: number, errors: readonly number[]): Promise<Span[]> {
  const spans = await prisma.$queryRaw<{ first: number | null; last: number | null }[]>`
    SELECT lower(span) AS first, upper(span) - 1 AS last
    FROM (
      SELECT unnest(range_agg(s)) AS span FROM import_error_group g, unnest(g.spans) s
      WHERE g.import_id = ${importId}::int AND g.error = ANY (${[...errors]}::smallint[])
    ) found
    ORDER BY lower(span) NULLS FIRST`
  return spans.map(({ first, last }) => ({ first: first ?? 1, last: last ?? Number.POSITIVE_INFINITY }))
}

async function readPacked(
  { prisma }: Database,
  importId: number,
  { afterRow, limit }: RowPage,
  withAnyOf: readonly number[] | null,
): Promise<PackedRows> {
  const errors = withAnyOf === null ? null : [...withAnyOf]
  const [packed] = await prisma.$queryRawUnsafe<PackedRows[]>(READ, importId, afterRow, limit, errors)
  if (packed === undefined) throw new Error('the database answered without a row')
  return packed
}

function unpackRows({ rowNumbers, lines, byteOffsets, errors }: PackedRows): RejectedRow[] {
  const [numbers, lineOf, byteOf] = [rowNumbers, lines, byteOffsets].map(unpackNumbers)
  // Most rows have the errors of another one.
  const known = new Map<string, readonly number[]>()
  return splitArray(errors).map((text, at) => {
    const encoded = known.get(text) ?? text.split('+').map(Number)
    known.set(text, encoded)
    return {
      rowNumber: numbers?.[at] ?? 0,
      line: lineOf?.[at] ?? 0,
      byteOffset: byteOf?.[at] ?? 0,
      errors: encoded,
    }
  })
}

/** Of an array literal of whole numbers below 2^53. */
function unpackNumbers(literal: string): number[] {
  return JSON.parse(`[${literal.slice(1, -1)}]`) as number[]
}

/** Of an array literal of texts that need no quotes. */
function splitArray(literal: string): string[] {
  return literal === '{}' ? [] : literal.slice(1, -1).split(',')
}

export interface StoredErrorGroup {
  /** As encodeRowError gives it. */
  readonly error: number
  readonly rows: number
  /** The first five rows that have it, in the order of the file. */
  readonly firstRows: readonly number[]
}

/** How many rejected rows of an import have which error, all its batches so far together. */
export async function readErrorGroups({ prisma }: Database, importId: number): Promise<StoredErrorGroup[]> {
  const rows = await prisma.importErrorGroup.findMany({ where: { importId } })
  const groups = new Map<number, StoredErrorGroup>()
  for (const { error, rows: count, firstRows } of rows) {
    const known = groups.get(error)
    groups.set(error, {
      error,
      rows: (known?.rows ?? 0) + count,
      firstRows: [...(known?.firstRows ?? []), ...firstRows].toSorted((a, b) => a - b).slice(0, 5),
    })
  }
  return [...groups.values()]
}
