import { encodeRowError } from '@importer/contracts'
import type { RecordFault } from '@importer/csv'
import { readSeriesKind, rehearseRows, type Database } from '@importer/db'

import { GatheringBatch } from '../run/gathering-batch.ts'
import { chooseStrategy } from '../run/partition.ts'
import { createRecordMapper, prepareReading, type Reading } from '../rules/map-record.ts'

/** A record of the file's beginning that carries a row. */
export interface FirstRow {
  readonly rowNumber: number
  readonly line: number
  readonly byteOffset: number
  readonly cells: readonly string[]
  /** Undefined: it can be read. */
  readonly fault: RecordFault | undefined
}

/** Where rows are looked up. */
export interface RowLookUp {
  readonly database: Database
  readonly orgId: number
  readonly seriesId: bigint
}

/** A series is changed so seldom that the first of these is nearly always the last. */
const ATTEMPTS = 3

/**
 * The encoded errors of a file's first rows, by row number, as an import of these rows would record them: by the importer's
 * own mapping and, where there is something to look them up in, by the statement of its batches.
 */
export async function checkRows(
  rows: readonly FirstRow[],
  reading: Parameters<typeof prepareReading>,
  lookUp: RowLookUp | null,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const prepared = await prepareReading(...reading)
  if (lookUp === null) return checkSyntax(rows, prepared)
  const { database, orgId, seriesId } = lookUp
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const kind = await readSeriesKind(database, orgId, seriesId)
    if (kind === null) break
    const columns = gather(rows, prepared)
    const { mapping } = prepared
    const strategy = chooseStrategy(kind)
    const errors = await rehearseRows(database, { orgId, seriesId, mapping, columns, rows: rows.length, strategy })
    if (errors !== null) return errors
  }
  return checkSyntax(rows, prepared)
}

function checkSyntax(rows: readonly FirstRow[], reading: Reading): ReadonlyMap<number, readonly number[]> {
  const mapper = createRecordMapper(reading)
  return new Map(
    rows.flatMap((row): [number, readonly number[]][] => {
      const errors = findErrors(row, mapper)
      return errors === null ? [] : [[row.rowNumber, errors]]
    }),
  )
}

/** The rows as one batch. */
function gather(rows: readonly FirstRow[], reading: Reading) {
  const mapper = createRecordMapper(reading)
  const batch = new GatheringBatch(mapper)
  for (const row of rows) {
    const position = { row: row.rowNumber, byte: row.byteOffset, line: row.line }
    const errors = findErrors(row, mapper)
    if (errors === null) batch.addRow(position, mapper.row, row.cells.length)
    else batch.addRejected(position, errors, row.cells.length)
  }
  return batch.take()
}

/** Null: the record is a row. */
function findErrors({ cells, fault }: FirstRow, mapper: ReturnType<typeof createRecordMapper>): number[] | null {
  return fault === undefined ? mapper.map(cells) : [encodeRowError({ reason: fault, field: null })]
}
