import { readRecords } from '@importer/csv'
import { readPartitions, readNotInserted, type ReadingDialect } from '@importer/db'

import { partitionOfRow } from '../run/partition-of-row.ts'
import { createRecordMapper, prepareReading } from '../rules/map-record.ts'
import type { RecordDialect, RejectedRecordsSource } from './rejected-records.ts'
import type { UnprocessedRecord } from './unprocessed-records.ts'

/**
 * The rows that a dry run would have inserted, in the order of the file: those that it has processed and that were neither
 * rejected nor duplicates. What it writes for itself is not asked, as that is removed when the dry run is over.
 */
export async function* readDryInserted(
  { database, store, importRecord }: RejectedRecordsSource,
  { delimiter, header, recordsAreLines, start }: RecordDialect & Pick<ReadingDialect, 'start'>,
): AsyncGenerator<UnprocessedRecord[]> {
  const isComplete = importRecord.status === 'completed'
  const partitions = isComplete ? [] : await readPartitions(database, importRecord.id)
  if (!isComplete && partitions.length === 0) return
  const partitioning = { partitionCount: partitions.length, by: importRecord.partitionBy }
  const { mapping, createdAt, fileKey } = importRecord
  const mapper = createRecordMapper(await prepareReading(mapping, createdAt.getTime(), header))
  const isProcessed = (cells: readonly string[], isUnreadable: boolean, rowNumber: number): boolean => {
    if (isComplete) return true
    const isRow = !isUnreadable && mapper.map(cells) === null
    return rowNumber < (partitions[partitionOfRow(isRow ? mapper.row : null, rowNumber, partitioning)]?.nextRow ?? 0)
  }
  let first = 1
  const bytes = store.read(fileKey, { start: start.byteOffset })
  const reading = { delimiter, from: start, header, recordsAreLines }
  for await (const { cells, faults, lines } of readRecords(bytes, reading)) {
    if (cells.length === 0) continue
    const range = { first, last: first + cells.length - 1 }
    const others = new Set(await readNotInserted(database, importRecord.id, range))
    const found: UnprocessedRecord[] = []
    for (const [i, record] of cells.entries()) {
      const rowNumber = first + i
      if (others.has(rowNumber) || !isProcessed(record, faults.has(i), rowNumber)) continue
      found.push({ rowNumber, line: lines[i] ?? 0, cells: record })
    }
    yield found
    first += cells.length
  }
}
