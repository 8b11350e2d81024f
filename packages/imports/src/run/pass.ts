import { encodeRowError } from '@importer/contracts'
import type { RecordBlock, RecordFault } from '@importer/csv'
import type { PartitionBy, ReadingDialect } from '@importer/db'

import type { CommittedRows, ErrorBudget } from './error-budget.ts'
import type { Position } from './gathering-batch.ts'
import type { Partition } from './partition.ts'
import { partitionOfRow, type Partitioning } from './partition-of-row.ts'
import type { createRecordMapper } from '../rules/map-record.ts'

/** So far apart, at most, are the places that are recorded in a file: what reading any one row costs. */
const MARK_BYTES = 256 * 1024

/** One pass over the file, from the earliest checkpoint of its partitions. */
export class Pass {
  readonly start: Position
  readonly #partitions: readonly Partition[]
  readonly #mapper: ReturnType<typeof createRecordMapper>
  readonly #budget: ErrorBudget
  readonly #partitioning: Partitioning
  /** The row that comes next, and where. */
  #next: Position
  /** Where the last recorded place is. */
  #markedByte: number

  constructor(
    partitions: readonly Partition[],
    mapper: ReturnType<typeof createRecordMapper>,
    budget: ErrorBudget,
    partitionBy: PartitionBy,
    fileStart: ReadingDialect['start'],
  ) {
    this.#partitions = partitions
    this.#partitioning = { partitionCount: partitions.length, by: partitionBy }
    this.#mapper = mapper
    this.#budget = budget
    const [first, ...others] = partitions.map((partition) => partition.checkpoint)
    if (first === undefined) throw new Error('an import has at least one partition')
    const earliest = others.reduce((a, b) => (b.nextRow < a.nextRow ? b : a), first)
    // A partition that has committed nothing stands at the very beginning, before what carries no row.
    this.start =
      earliest.nextByte < fileStart.byteOffset
        ? { row: 1, byte: fileStart.byteOffset, line: fileStart.line }
        : { row: earliest.nextRow, byte: earliest.nextByte, line: earliest.nextLine }
    this.#next = this.start
    this.#markedByte = this.start.byte
  }

  /** Data rows read so far, from the file's beginning. */
  get rows(): number {
    return this.#next.row - 1
  }

  get isLost(): boolean {
    return this.#partitions.some((partition) => partition.isLost)
  }

  /** What the partitions have committed since this worker took them. */
  get committed(): CommittedRows {
    return this.#partitions.reduce(
      (sum, { committed }) => ({ rows: sum.rows + committed.rows, rejected: sum.rejected + committed.rejected }),
      { rows: 0, rejected: 0 },
    )
  }

  async take(block: RecordBlock): Promise<void> {
    const { cells, faults, offsets, lines } = block
    for (let i = 0; i < cells.length; i += 1) {
      const byte = offsets[i] ?? 0
      const line = lines[i] ?? 0
      const after = { byte: offsets[i + 1] ?? block.endOffset, line: lines[i + 1] ?? block.endLine }
      const position: Position = { row: this.#next.row, byte, line }
      this.#next = { row: position.row + 1, ...after }
      const partition = this.#place(position, cells[i] ?? [], faults.get(i))
      if (partition?.isFull === true) await this.#send(partition)
      if (partition?.isLost === true) return
    }
    // What carries no row behind the last one is done with, too.
    this.#next = { row: this.#next.row, byte: block.endOffset, line: block.endLine }
  }

  /** Sends what is pending. `everywhere`: also partitions without rows go on to here, so that nothing is read twice. */
  async flush(everywhere: boolean): Promise<void> {
    for (const partition of this.#partitions) {
      if (partition.batch.size > 0 || (everywhere && partition.checkpoint.nextRow < this.#next.row))
        await this.#send(partition)
    }
  }

  /** Sends what a partition has gathered, unless the batch before it has used up the budget of errors. */
  async #send(partition: Partition): Promise<void> {
    await partition.settle()
    this.#budget.check(this.committed)
    await partition.send(this.#next)
  }

  /** Puts a record into its partition; null when that partition has committed it before. */
  #place(position: Position, cells: readonly string[], fault: RecordFault | undefined): Partition | null {
    const errors = fault === undefined ? this.#mapper.map(cells) : [encodeRowError({ reason: fault, field: null })]
    const { row } = this.#mapper
    const index = partitionOfRow(errors === null ? row : null, position.row, this.#partitioning)
    const partition = this.#partitions[index]
    if (partition === undefined) throw new Error(`there is no partition ${index}`)
    if (position.row < partition.checkpoint.nextRow) return null
    const { batch } = partition
    if (errors === null) batch.addRow(position, row, cells.length)
    else batch.addRejected(position, errors, cells.length)
    if (position.byte - this.#markedByte >= MARK_BYTES) {
      this.#markedByte = position.byte
      batch.addMark(position)
    }
    return partition
  }
}
