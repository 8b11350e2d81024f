import { describeColumn, type ColumnKey, type CouponKey, type CustomerKey, type OptionalKey } from '@importer/contracts'
import { Int4Column, Int8Column, TextColumn, type BatchColumns } from '@importer/db'

import type { MappedRow, RecordMapper } from '../rules/map-record.ts'

/** Where a record starts, or ends: the row that comes there. */
export interface Position {
  readonly row: number
  readonly byte: number
  readonly line: number
}

type Column = Int8Column | TextColumn

/** A batch as it grows, column by column. */
export class GatheringBatch {
  readonly #rowNumbers = new Int4Column()
  readonly #lines = new Int8Column()
  readonly #byteOffsets = new Int8Column()
  readonly #tills = new Int8Column()
  readonly #redeemedMs = new Int8Column()
  readonly #customers: [CustomerKey, Column][]
  readonly #coupons: [CouponKey, Column][]
  readonly #optional: [OptionalKey, Column][]
  readonly #rejectedRowNumbers = new Int4Column()
  readonly #rejectedLines = new Int8Column()
  readonly #rejectedByteOffsets = new Int8Column()
  readonly #rejectedErrors = new TextColumn()
  readonly #markRowNumbers = new Int4Column()
  readonly #markLines = new Int8Column()
  readonly #markByteOffsets = new Int8Column()
  #columnCount = 0
  size = 0

  constructor({ customerKeys, couponKeys, optionalKeys }: Omit<RecordMapper, 'map' | 'row'>) {
    this.#customers = makeColumns(customerKeys)
    this.#coupons = makeColumns(couponKeys)
    this.#optional = makeColumns(optionalKeys)
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
    for (const [key, column] of this.#optional) column.push(row.optional[key] ?? null)
  }

  addRejected(position: Position, errors: readonly number[], columnCount: number): void {
    this.size += 1
    if (columnCount > this.#columnCount) this.#columnCount = columnCount
    this.#rejectedRowNumbers.push(position.row)
    this.#rejectedLines.push(position.line)
    this.#rejectedByteOffsets.push(position.byte)
    this.#rejectedErrors.push(`{${errors.join(',')}}`)
  }

  /** Lets the place of a row that was added be recorded, so that reading can begin there. */
  addMark(position: Position): void {
    this.#markRowNumbers.push(position.row)
    this.#markLines.push(position.line)
    this.#markByteOffsets.push(position.byte)
  }

  /** What was gathered; the next batch begins. */
  take(): BatchColumns {
    const columns = {
      rowNumbers: this.#rowNumbers.take(),
      lines: this.#lines.take(),
      byteOffsets: this.#byteOffsets.take(),
      tills: this.#tills.take(),
      redeemedMs: this.#redeemedMs.take(),
      customers: takeByKey(this.#customers),
      coupons: takeByKey(this.#coupons),
      optional: takeByKey(this.#optional),
      rejectedRowNumbers: this.#rejectedRowNumbers.take(),
      rejectedLines: this.#rejectedLines.take(),
      rejectedByteOffsets: this.#rejectedByteOffsets.take(),
      rejectedErrors: this.#rejectedErrors.take(),
      markRowNumbers: this.#markRowNumbers.take(),
      markLines: this.#markLines.take(),
      markByteOffsets: this.#markByteOffsets.take(),
      columnCount: this.#columnCount,
    }
    this.#columnCount = 0
    this.size = 0
    return columns
  }
}

function makeColumns<Key extends ColumnKey>(keys: readonly Key[]): [Key, Column][] {
  return keys.map((key) => [key, describeColumn(key).type === 'id' ? new Int8Column() : new TextColumn()])
}

function takeByKey<Key extends string>(columns: readonly [Key, Column][]): Partial<Record<Key, Buffer>> {
  return Object.fromEntries(columns.map(([key, column]) => [key, column.take()])) as Partial<Record<Key, Buffer>>
}
