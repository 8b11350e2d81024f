import { encodeRowError } from '@importer/contracts'
import { readRecords, type RecordFault } from '@importer/csv'
import { findPositionBefore } from '@importer/db'

import type { OpenedDialect } from '../upload/find-dialect.ts'
import type { RejectedRecordsSource } from '../reports/rejected-records.ts'

export interface FoundRecord {
  readonly rowNumber: number
  readonly line: number
  readonly cells: readonly string[]
  /** The encoded fault of a record that cannot be read; null: it can. */
  readonly fault: number | null
  /** Where its bytes stand in the stored text: from, and up to but not including, its line end included. */
  readonly start: number
  readonly end: number
}

/**
 * The record of a data row, or the one that a physical line belongs to; null where the file has none. Reads from the
 * last place that is known before it, so what it costs does not grow with the file.
 */
export async function findRecord(
  { database, store, importRecord }: RejectedRecordsSource,
  { delimiter, header, recordsAreLines, start: fileStart }: OpenedDialect,
  place: { readonly rowNumber: number } | { readonly line: number },
): Promise<FoundRecord | null> {
  const known = await findPositionBefore(database, importRecord.id, place)
  const isBehindStart = known !== null && known.byteOffset >= fileStart.byteOffset
  const from = isBehindStart ? { byteOffset: known.byteOffset, line: known.line } : fileStart
  let rowNumber = known?.rowNumber ?? 1
  let before: FoundRecord | null = null
  const bytes = store.read(importRecord.fileKey, { start: from.byteOffset })
  const reading = { delimiter, from, header, recordsAreLines }
  for await (const { cells, faults, offsets, lines, endOffset } of readRecords(bytes, reading)) {
    for (let i = 0; i < cells.length; i += 1) {
      const line = lines[i] ?? 0
      if ('line' in place && line > place.line) return before
      const found: FoundRecord = {
        rowNumber,
        line,
        cells: cells[i] ?? [],
        fault: encodeFault(faults.get(i)),
        start: offsets[i] ?? 0,
        end: offsets[i + 1] ?? endOffset,
      }
      if ('rowNumber' in place && rowNumber === place.rowNumber) return found
      before = found
      rowNumber += 1
    }
  }
  return 'line' in place ? before : null
}

function encodeFault(fault: RecordFault | undefined): number | null {
  return fault === undefined ? null : encodeRowError({ reason: fault, field: null })
}
