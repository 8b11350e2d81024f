import { encodeRowError } from '@importer/contracts'
import { readRecords } from '@importer/csv'
import { readPartitions, type PartitionCheckpoint, type ReadingDialect } from '@importer/db'

import { partitionOfRow } from '../run/partition-of-row.ts'
import { createRecordMapper, prepareReading, type MappedRow } from '../rules/map-record.ts'
import type { RecordDialect, RejectedRecordsSource } from './rejected-records.ts'

export interface UnprocessedRecord {
  readonly rowNumber: number
  readonly line: number
  readonly cells: readonly string[]
}

/** Where the first data row of a file stands: behind its header, if it has one. */
const FILE_START: PartitionCheckpoint = { partition: 0, nextRow: 1, nextByte: 0, nextLine: 1 }

/**
 * The rows that no partition has committed, in the order of the file. Each partition stands at a place of its own, so
 * of every row behind the first of them it is asked, as the import itself does, which partition it belongs to.
 */
export async function* readUnprocessedRecords(
  { database, store, importRecord }: RejectedRecordsSource,
  { delimiter, header, recordsAreLines, start: fileStart }: RecordDialect & Pick<ReadingDialect, 'start'>,
): AsyncGenerator<UnprocessedRecord[]> {
  if (importRecord.status === 'completed') return
  const known = await readPartitions(database, importRecord.id)
  const partitions = known.length === 0 ? [FILE_START] : known
  const start = partitions.reduce((a, b) => (b.nextRow < a.nextRow ? b : a))
  const partitioning = { partitionCount: partitions.length, by: importRecord.partitionBy }
  const { mapping, createdAt } = importRecord
  const mapper = createRecordMapper(await prepareReading(mapping, createdAt.getTime(), header))
  const isBefore = start.nextByte < fileStart.byteOffset
  const from = isBefore ? fileStart : { byteOffset: start.nextByte, line: start.nextLine }
  let rowNumber = start.nextRow
  const bytes = store.read(importRecord.fileKey, { start: from.byteOffset })
  const blocks = readRecords(bytes, { delimiter, header, from, recordsAreLines })
  for await (const { cells, faults, lines } of blocks) {
    const found: UnprocessedRecord[] = []
    for (let i = 0; i < cells.length; i += 1) {
      const record = cells[i] ?? []
      const fault = faults.get(i)
      const errors = fault === undefined ? mapper.map(record) : [encodeRowError({ reason: fault, field: null })]
      const partition = partitions[partitionOfRow(errors === null ? mapper.row : null, rowNumber, partitioning)]
      if (partition !== undefined && rowNumber >= partition.nextRow)
        found.push({ rowNumber, line: lines[i] ?? 0, cells: record })
      rowNumber += 1
    }
    yield found
  }
}

/**
 * A test of whether a row is committed, by its number and as it was mapped (null: it cannot be looked up): it asks, as the
 * import itself does, which partition the row belongs to, and how far that partition has come.
 */
export async function createProcessedTest({
  database,
  importRecord,
}: Pick<RejectedRecordsSource, 'database' | 'importRecord'>): Promise<
  (rowNumber: number, row: Readonly<MappedRow> | null) => boolean
> {
  const partitions = await readPartitions(database, importRecord.id)
  const partitioning = { partitionCount: partitions.length, by: importRecord.partitionBy }
  return (rowNumber, row) => {
    if (importRecord.status === 'completed') return true
    const partition = partitions[partitionOfRow(row, rowNumber, partitioning)]
    return partition !== undefined && rowNumber < partition.nextRow
  }
}
