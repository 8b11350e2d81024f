import { encodeRowError } from '@importer/contracts'
import { measureRecord, readRecords, type RecordFault } from '@importer/csv'
import { findPositionBefore } from '@importer/db'

import type { OpenedDialect } from '../upload/find-dialect.ts'
import type { RejectedRecordsSource } from '../reports/rejected-records.ts'

export interface FoundRecord {
  readonly rowNumber: number
  readonly line: number
  readonly cells: readonly string[]
  /** The encoded fault of a record that cannot be read; null: it can. */
  readonly fault: number | null
  /** Where its bytes stand in the stored text: from, and up to but not including, its line end not included. */
  readonly start: number
  readonly end: number
}

/** A record as a block has it: without its end. */
type StartedRecord = Omit<FoundRecord, 'end'>

type RowOrLine = { readonly rowNumber: number } | { readonly line: number }

/**
 * The record of a data row, or the one that a physical line belongs to; null where the file has none: a line may be blank,
 * belong to a record that carries no row, or be behind the end. Reads from the last position that is known before it, so what
 * it costs does not grow with the file.
 */
export async function findRecord(
  source: RejectedRecordsSource,
  dialect: OpenedDialect,
  wanted: RowOrLine,
): Promise<FoundRecord | null> {
  const found = await findStart(source, dialect, wanted)
  if (found === null) return null
  const bytes = source.store.read(source.importRecord.fileKey, { start: found.start })
  const extent = await measureRecord(bytes, dialect, { byteOffset: found.start, line: found.line })
  if ('line' in wanted && wanted.line > extent.endLine) return null
  return { ...found, end: extent.endOffset }
}

/** By a line, the last record that starts there or before. */
async function findStart(
  { database, store, importRecord }: RejectedRecordsSource,
  { delimiter, header, recordsAreLines, start: fileStart }: OpenedDialect,
  wanted: RowOrLine,
): Promise<StartedRecord | null> {
  const known = await findPositionBefore(database, importRecord.id, wanted)
  const isBehindStart = known !== null && known.byteOffset >= fileStart.byteOffset
  const from = isBehindStart ? { byteOffset: known.byteOffset, line: known.line } : fileStart
  let rowNumber = known?.rowNumber ?? 1
  let before: StartedRecord | null = null
  const bytes = store.read(importRecord.fileKey, { start: from.byteOffset })
  const reading = { delimiter, from, header, recordsAreLines }
  for await (const { cells, faults, offsets, lines } of readRecords(bytes, reading)) {
    for (let i = 0; i < cells.length; i += 1) {
      const line = lines[i] ?? 0
      if ('line' in wanted && line > wanted.line) return before
      const found: StartedRecord = {
        rowNumber,
        line,
        cells: cells[i] ?? [],
        fault: encodeFault(faults.get(i)),
        start: offsets[i] ?? 0,
      }
      if ('rowNumber' in wanted && rowNumber === wanted.rowNumber) return found
      before = found
      rowNumber += 1
    }
  }
  return 'line' in wanted ? before : null
}

function encodeFault(fault: RecordFault | undefined): number | null {
  return fault === undefined ? null : encodeRowError({ reason: fault, field: null })
}
