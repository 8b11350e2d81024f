import { setTimeout as delay } from 'node:timers/promises'

import { ROW_ERROR_CODE_COUNT, type ColumnKey, type CouponKey, type CustomerKey } from '@importer/contracts'
import {
  commitLaneBatch,
  isConcurrencyConflict,
  NumberColumn,
  TextColumn,
  type BatchColumns,
  type BatchResult,
  type Database,
  type HeldImport,
  type LaneCheckpoint,
} from '@importer/db'

import type { MappedRow, RecordMapper } from './map-record.ts'

/** Where a record starts, or ends: the row that comes there. */
export interface Position {
  readonly row: number
  readonly byte: number
  readonly line: number
}

export interface LaneContext {
  readonly database: Database
  readonly held: HeldImport
  readonly orgId: number
  readonly seriesId: bigint
  readonly mapper: RecordMapper
  readonly mapped: ReadonlySet<ColumnKey>
  /** Whether the series' coupons were redeemed once at most when the import was taken up. */
  readonly singleUse: boolean
  /** Judges, and inserts no redemption. */
  readonly dryRun: boolean
}

/** How often a batch is sent again because another import was in its way; each time that import made progress. */
const MAX_CONFLICTS = 200
const MAX_CONFLICT_PAUSE_MS = 20

/**
 * One lane of an import: gathers its rows in file order and commits them batch by batch, one batch at a time, while the
 * next is gathered.
 */
export class Lane {
  readonly #context: LaneContext
  #checkpoint: LaneCheckpoint
  #batch: GatheringBatch
  #inFlight: Promise<void> = Promise.resolve()
  #failure: { error: unknown } | null = null
  #end: 'cancelled' | 'lost' | null = null
  #committed = { rows: 0, rejected: 0 }

  constructor(context: LaneContext, checkpoint: LaneCheckpoint) {
    this.#context = context
    this.#checkpoint = checkpoint
    this.#batch = new GatheringBatch(context)
  }

  get checkpoint(): LaneCheckpoint {
    return this.#checkpoint
  }

  /** Rows gathered and not yet on their way. */
  get pending(): number {
    return this.#batch.size
  }

  /** Why the lane takes no more: someone asked to cancel, or another worker has the import. */
  get end(): 'cancelled' | 'lost' | null {
    return this.#end
  }

  /** What this lane has committed since it was taken up. */
  get committed(): { readonly rows: number; readonly rejected: number } {
    return this.#committed
  }

  addRow(position: Position, row: Readonly<MappedRow>, columnCount: number): void {
    this.#batch.addRow(position, row, columnCount)
  }

  addRejected(position: Position, errors: readonly number[], columnCount: number): void {
    this.#batch.addRejected(position, errors, columnCount)
  }

  /**
   * Sends what was gathered, once the batch before it is committed; everything of this lane before `next` is in it.
   * Rejects with what an earlier batch failed with.
   */
  async send(next: Position): Promise<void> {
    await this.settle()
    if (this.#end !== null) return
    const to = { lane: this.#checkpoint.lane, nextRow: next.row, nextByte: next.byte, nextLine: next.line }
    const batch = this.#batch
    this.#batch = new GatheringBatch(this.#context)
    this.#inFlight = this.#commit(batch.toColumns(), to).catch((error: unknown) => {
      this.#failure ??= { error }
    })
  }

  /** Waits for the batch under way. Rejects with what it failed with. */
  async settle(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== null) throw this.#failure.error
  }

  async #commit(columns: BatchColumns, to: LaneCheckpoint): Promise<void> {
    const result = await this.#sendUntilFree(columns, to)
    if (result.status === 'lost') {
      this.#end = 'lost'
      return
    }
    this.#checkpoint = to
    this.#committed = {
      rows: this.#committed.rows + result.inserted + result.duplicates + result.rejected,
      rejected: this.#committed.rejected + result.rejected,
    }
    if (result.cancelRequested) this.#end = 'cancelled'
  }

  async #sendUntilFree(columns: BatchColumns, to: LaneCheckpoint): Promise<BatchResult> {
    const { database, held, orgId, seriesId, singleUse, dryRun } = this.#context
    const batch = { held, orgId, seriesId, from: this.#checkpoint, to, columns }
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        if (dryRun) return await commitLaneBatch(database, batch, 'dry-run')
        if (singleUse) {
          const result = await commitLaneBatch(database, batch, 'single-use')
          // Not committed also when the series' limit has been changed meanwhile: the other statement is right for any.
          if (result.status === 'committed') return result
        }
        return await commitLaneBatch(database, batch, 'multi-use')
      } catch (error) {
        if (!isConcurrencyConflict(error) || conflicts >= MAX_CONFLICTS) throw error
        await delay(Math.random() * MAX_CONFLICT_PAUSE_MS)
      }
    }
  }
}

/** A batch as it grows, column by column. */
class GatheringBatch {
  readonly #rowNumbers = new NumberColumn()
  readonly #lines = new NumberColumn()
  readonly #byteOffsets = new NumberColumn()
  readonly #tills = new NumberColumn()
  readonly #redeemedMs = new NumberColumn()
  readonly #customers: [CustomerKey, NumberColumn | TextColumn][]
  readonly #coupons: [CouponKey, NumberColumn | TextColumn][]
  readonly #billIds: TextColumn | null
  readonly #billNumbers: TextColumn | null
  readonly #details: TextColumn | null
  readonly #rejectedRowNumbers = new NumberColumn()
  readonly #rejectedLines = new NumberColumn()
  readonly #rejectedByteOffsets = new NumberColumn()
  readonly #rejectedErrors = new TextColumn()
  readonly #rejectedCounts: number[] = Array.from({ length: ROW_ERROR_CODE_COUNT }, () => 0)
  #columnCount = 0
  size = 0

  constructor({ mapper, mapped }: LaneContext) {
    this.#customers = mapper.customerKeys.map((key) => [key, key === 'userId' ? new NumberColumn() : new TextColumn()])
    this.#coupons = mapper.couponKeys.map((key) => [key, key === 'couponId' ? new NumberColumn() : new TextColumn()])
    this.#billIds = mapped.has('billId') ? new TextColumn() : null
    this.#billNumbers = mapped.has('billNumber') ? new TextColumn() : null
    this.#details = mapped.has('details') ? new TextColumn() : null
  }

  addRow(position: Position, row: Readonly<MappedRow>, columnCount: number): void {
    this.size += 1
    if (columnCount > this.#columnCount) this.#columnCount = columnCount
    this.#rowNumbers.push(position.row)
    this.#lines.push(position.line)
    this.#byteOffsets.push(position.byte)
    this.#tills.push(row.till)
    this.#redeemedMs.push(row.redeemedMs)
    for (const [key, column] of this.#customers) column.push(key === row.customerKey ? row.customer : null)
    for (const [key, column] of this.#coupons) column.push(key === row.couponKey ? row.coupon : null)
    this.#billIds?.push(row.billId)
    this.#billNumbers?.push(row.billNumber)
    this.#details?.push(row.details)
  }

  addRejected(position: Position, errors: readonly number[], columnCount: number): void {
    this.size += 1
    if (columnCount > this.#columnCount) this.#columnCount = columnCount
    this.#rejectedRowNumbers.push(position.row)
    this.#rejectedLines.push(position.line)
    this.#rejectedByteOffsets.push(position.byte)
    this.#rejectedErrors.push(`{${errors.join(',')}}`)
    // A row counts once for each code that it has.
    for (const code of new Set(errors.map((error) => error >> 8))) {
      this.#rejectedCounts[code - 1] = (this.#rejectedCounts[code - 1] ?? 0) + 1
    }
  }

  toColumns(): BatchColumns {
    return {
      rowNumbers: this.#rowNumbers.toLiteral(),
      lines: this.#lines.toLiteral(),
      byteOffsets: this.#byteOffsets.toLiteral(),
      tills: this.#tills.toLiteral(),
      redeemedMs: this.#redeemedMs.toLiteral(),
      customers: literalsOf(this.#customers),
      coupons: literalsOf(this.#coupons),
      billIds: this.#billIds?.toLiteral() ?? null,
      billNumbers: this.#billNumbers?.toLiteral() ?? null,
      details: this.#details?.toLiteral() ?? null,
      rejectedRowNumbers: this.#rejectedRowNumbers.toLiteral(),
      rejectedLines: this.#rejectedLines.toLiteral(),
      rejectedByteOffsets: this.#rejectedByteOffsets.toLiteral(),
      rejectedErrors: this.#rejectedErrors.toLiteral(),
      rejectedCounts: this.#rejectedCounts,
      columnCount: this.#columnCount,
    }
  }
}

function literalsOf<Key extends string>(
  columns: readonly [Key, NumberColumn | TextColumn][],
): Partial<Record<Key, string>> {
  return Object.fromEntries(columns.map(([key, column]) => [key, column.toLiteral()])) as Partial<Record<Key, string>>
}
