import { normalizeCouponCode, type ReferenceKind } from '@importer/contracts'

import { Int8Column, TextColumn } from '../array-columns.ts'
import { sqlStateOf } from '../database-errors.ts'
import type { Database } from '../open-database.ts'
import {
  findClashesText,
  findUnmovedText,
  movesCoupons,
  updateReferenceText,
  upsertReferenceText,
} from '../sql/upsert-reference.ts'
import { tryStatement } from '../try-statement.ts'
import { REFERENCE_TABLES } from './reference-tables.ts'

/** One row to write: its id, and its values in the order of the batch's columns, as PostgreSQL reads them. */
export interface ReferenceRow {
  readonly id: string
  readonly values: readonly (string | null)[]
}

/** A row that could not be written: its index in the batch. */
export interface ReferenceFault {
  readonly index: number
  readonly field: string
  readonly code: 'ALREADY_TAKEN' | 'MISSING_VALUE' | 'COUPON_REDEEMED'
  readonly message: string
}

export interface ReferenceResult {
  readonly inserted: number
  /** Only those that are not as they were. */
  readonly updated: number
  readonly faults: readonly ReferenceFault[]
}

interface IndexedRow extends ReferenceRow {
  readonly index: number
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505'
const SERIALIZATION_FAILURE = '40001'

interface Batch {
  readonly database: Database
  readonly orgId: number
  readonly kind: ReferenceKind
  /** Those of the CSV, without `id`: only they are written. */
  readonly columns: readonly string[]
}

/**
 * Prepares a batch of checked rows of one kind, so that nothing but the database's work is left, and gives the function
 * that writes it.
 * Each id occurs once. A row that would take a value which is unique to another row is a fault; the others are written.
 */
export function prepareReference(batch: Batch, rows: readonly ReferenceRow[]): () => Promise<ReferenceResult> {
  const indexed = rows.map(({ id, values }, index) => ({ id, values, index }))
  const write = lacksRequiredColumn(batch.kind, batch.columns)
    ? async () => updateRows(batch, indexed)
    : prepareUpsert(batch, indexed)
  return async () => {
    const { faults, ...counts } = await write()
    return { ...counts, faults: faults.toSorted((a, b) => a.index - b.index) }
  }
}

function lacksRequiredColumn(kind: ReferenceKind, columns: readonly string[]): boolean {
  return missingRequired(kind, columns).length > 0
}

function missingRequired(kind: ReferenceKind, columns: readonly string[]): string[] {
  return Object.entries(REFERENCE_TABLES[kind].columns)
    .filter(([name, { required }]) => required === true && !columns.includes(name))
    .map(([name]) => name)
}

function prepareUpsert(batch: Batch, rows: readonly IndexedRow[]): () => Promise<ReferenceResult> {
  const parameters = parametersOf(batch, batch.columns, rows)
  return async () => {
    try {
      return await upsert(batch, rows, parameters)
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error
    }
    const { free, faults } = await setClashesAside(batch, rows)
    const rest = await bisect(free, (part) => upsert(batch, part, parametersOf(batch, batch.columns, part)), batch)
    return { ...rest, faults: [...faults, ...rest.faults] }
  }
}

async function upsert(
  batch: Batch,
  rows: readonly IndexedRow[],
  parameters: readonly unknown[],
): Promise<ReferenceResult> {
  const counts = await tryAfterBatches<{ inserted: number; updated: number }>(
    batch,
    'upsert-reference',
    upsertReferenceText(batch.kind, batch.columns),
    parameters,
  )
  const { inserted = 0, updated = 0 } = counts ?? {}
  const faults = inserted + updated < rows.length ? await findRefusedMoves(batch, rows) : []
  return { inserted, updated, faults }
}

/**
 * A coupon that is to be moved and that a batch in flight redeems fails the statement (the trigger await_batches), after that batch has
 * ended: sent again, it finds the redemption and leaves the coupon where it is.
 */
async function tryAfterBatches<Row>(
  { database }: Batch,
  name: string,
  text: string,
  parameters: readonly unknown[],
): ReturnType<typeof tryStatement<Row>> {
  for (;;) {
    try {
      return await tryStatement<Row>(database, name, text, parameters)
    } catch (error) {
      if (sqlStateOf(error) !== SERIALIZATION_FAILURE) throw error
    }
  }
}

/** Coupons that were to be moved to another series and have redemptions: they were left as they are. */
async function findRefusedMoves(batch: Batch, rows: readonly IndexedRow[]): Promise<ReferenceFault[]> {
  if (!movesCoupons(batch.kind, batch.columns)) return []
  const unmoved = await batch.database.queryBatch<{ id: bigint }>(
    findUnmovedText(),
    parametersOf(batch, ['seriesId'], rows),
  )
  const ids = new Set(unmoved.map(({ id }) => String(id)))
  const position = batch.columns.indexOf('seriesId')
  return rows
    .filter(({ id }) => ids.has(String(BigInt(id))))
    .map(({ index, id, values }): ReferenceFault => ({
      index,
      field: 'seriesId',
      code: 'COUPON_REDEEMED',
      message:
        `coupon ${id} has redemptions and cannot be moved to series ${values[position]}; ` +
        'expected the series that it is in, or its imports to be reverted first',
    }))
}

async function updateRows(batch: Batch, rows: readonly IndexedRow[]): Promise<ReferenceResult> {
  const update = async (part: readonly IndexedRow[]): Promise<ReferenceResult> => {
    const found = await tryAfterBatches<{ ids: string[]; updated: number }>(
      batch,
      'update-reference',
      updateReferenceText(batch.kind, batch.columns),
      parametersOf(batch, batch.columns, part),
    )
    const ids = new Set(found?.ids)
    const missing = missingRequired(batch.kind, batch.columns)
    const moves = ids.size < part.length ? await findRefusedMoves(batch, part) : []
    const refused = new Set(moves.map(({ index }) => index))
    const faults = part
      .filter(({ id, index }) => !ids.has(String(BigInt(id))) && !refused.has(index))
      .map(({ index, id }): ReferenceFault => ({
        index,
        field: missing[0] ?? 'id',
        code: 'MISSING_VALUE',
        message: `id ${id} is new, and a new row needs ${missing.join(' and ')}; expected such a column`,
      }))
    return { inserted: 0, updated: found?.updated ?? 0, faults: [...faults, ...moves] }
  }
  return bisect(rows, update, batch)
}

/**
 * Writes what can be written where some row clashes: halves the batch until the clashing rows stand alone. Few are left
 * when it is called, those that clash with each other or with a load at the same time.
 */
async function bisect(
  rows: readonly IndexedRow[],
  write: (rows: readonly IndexedRow[]) => Promise<ReferenceResult>,
  batch: Batch,
): Promise<ReferenceResult> {
  if (rows.length === 0) return { inserted: 0, updated: 0, faults: [] }
  try {
    return await write(rows)
  } catch (error) {
    if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error
    const [only] = rows
    if (rows.length === 1 && only !== undefined) {
      return { inserted: 0, updated: 0, faults: [describeClash(batch, only, uniqueKeysOf(batch)[0] ?? [])] }
    }
  }
  const middle = rows.length >> 1
  const first = await bisect(rows.slice(0, middle), write, batch)
  const second = await bisect(rows.slice(middle), write, batch)
  return {
    inserted: first.inserted + second.inserted,
    updated: first.updated + second.updated,
    faults: [...first.faults, ...second.faults],
  }
}

/** Finds, in one query a key, the rows whose value another row has; and, without one, those that repeat a value here. */
async function setClashesAside(
  batch: Batch,
  rows: readonly IndexedRow[],
): Promise<{ free: IndexedRow[]; faults: ReferenceFault[] }> {
  let free = [...rows]
  const faults: ReferenceFault[] = []
  for (const key of uniqueKeysOf(batch)) {
    const taken = await batch.database.queryBatch<{ id: bigint }>(
      findClashesText(batch.kind, key),
      parametersOf(batch, key, free),
    )
    const clashing = new Set(taken.map(({ id }) => String(id)))
    const seen = new Set<string>()
    const kept: IndexedRow[] = []
    for (const row of free) {
      const value = keyOf(batch, key, row)
      if (clashing.has(String(BigInt(row.id))) || (value !== null && seen.has(value))) {
        faults.push(describeClash(batch, row, key))
      } else {
        kept.push(row)
        if (value !== null) seen.add(value)
      }
    }
    free = kept
  }
  return { free, faults }
}

/** The unique keys whose columns the batch writes. */
function uniqueKeysOf({ kind, columns }: Batch): readonly (readonly string[])[] {
  return REFERENCE_TABLES[kind].uniqueKeys.filter((key) => key.every((name) => columns.includes(name)))
}

function keyOf(batch: Batch, key: readonly string[], row: IndexedRow): string | null {
  const values = key.map((name) => comparable(name, row.values[batch.columns.indexOf(name)] ?? null))
  return values.includes(null) ? null : JSON.stringify(values)
}

function comparable(name: string, value: string | null): string | null {
  return name === 'code' && value !== null ? normalizeCouponCode(value) : value
}

function describeClash(batch: Batch, row: IndexedRow, key: readonly string[]): ReferenceFault {
  const field = key.at(-1) ?? 'id'
  const value = row.values[batch.columns.indexOf(field)] ?? ''
  return {
    index: row.index,
    field,
    code: 'ALREADY_TAKEN',
    message: `${field} "${value}" belongs to another of the ${batch.kind}; expected a value that no other row has`,
  }
}

function parametersOf(batch: Batch, columns: readonly string[], rows: readonly IndexedRow[]): unknown[] {
  const ids = new Int8Column()
  for (const row of rows) ids.push(row.id)
  const arrays = columns.map((name) => {
    const position = batch.columns.indexOf(name)
    const column = REFERENCE_TABLES[batch.kind].columns[name]?.type === 'bigint' ? new Int8Column() : new TextColumn()
    for (const row of rows) column.push(row.values[position] ?? null)
    return column.take()
  })
  if (batch.kind === 'coupons' && columns.includes('code')) {
    const position = batch.columns.indexOf('code')
    const keys = new TextColumn()
    for (const row of rows) keys.push(comparable('code', row.values[position] ?? null))
    arrays.push(keys.take())
  }
  return [batch.orgId, ids.take(), ...arrays]
}
