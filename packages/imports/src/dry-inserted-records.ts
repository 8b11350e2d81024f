import { readRecords } from '@importer/csv'
import { readLanes, readNotInserted } from '@importer/db'

import type { Dialect } from './find-dialect.ts'
import { laneOfRow } from './lane-of-coupon.ts'
import { createRecordMapper } from './map-record.ts'
import type { RejectedRecordsSource } from './rejected-records.ts'
import type { UnprocessedRecord } from './unprocessed-records.ts'

/**
 * The rows that a dry run would have inserted, in the order of the file: those that it has processed and that were neither
 * rejected nor duplicates. What it writes for itself is not asked, as that is removed when the dry run is over.
 */
export async function* readDryInserted(
  { database, store, importRecord }: RejectedRecordsSource,
  { delimiter, hasHeader }: Dialect,
): AsyncGenerator<UnprocessedRecord[]> {
  const isComplete = importRecord.status === 'completed'
  const lanes = isComplete ? [] : await readLanes(database, importRecord.id)
  if (!isComplete && lanes.length === 0) return
  const partitioning = { laneCount: lanes.length, by: importRecord.partitionBy }
  const mapper = createRecordMapper(importRecord.mapping, importRecord.createdAt.getTime())
  const isProcessed = (cells: readonly string[], isUnreadable: boolean, rowNumber: number): boolean => {
    if (isComplete) return true
    const isRow = !isUnreadable && mapper.map(cells) === null
    return rowNumber < (lanes[laneOfRow(isRow ? mapper.row : null, rowNumber, partitioning)]?.nextRow ?? 0)
  }
  let first = hasHeader ? 0 : 1
  for await (const { cells, faults, lines } of readRecords(store.read(importRecord.fileKey), { delimiter })) {
    const range = { first, last: first + cells.length - 1 }
    const others = new Set(await readNotInserted(database, importRecord.id, range))
    const found: UnprocessedRecord[] = []
    for (const [i, record] of cells.entries()) {
      const rowNumber = first + i
      if (rowNumber === 0 || others.has(rowNumber) || !isProcessed(record, faults.has(i), rowNumber)) continue
      found.push({ rowNumber, line: lines[i] ?? 0, cells: record })
    }
    yield found
    first += cells.length
  }
}
