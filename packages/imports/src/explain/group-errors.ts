import {
  adviseOn,
  codeOf,
  decodeRowError,
  describeRowError,
  encodeRowError,
  summarizeRowError,
  type ColumnKey,
  type ColumnMapping,
  type RowError,
  type RowErrorCode,
} from '@importer/contracts'
import { readErrorGroups } from '@importer/db'

import { createErrorContext, valueOf } from '../rules/describe-cell-error.ts'
import { openDialect } from '../upload/find-dialect.ts'
import { copyText } from '../reports/cut-text.ts'
import { readAllRejected, type RejectedRecordsSource } from '../reports/rejected-records.ts'
import { requireKept } from '../reports/require-kept.ts'

export interface ErrorGroup {
  readonly code: RowErrorCode
  readonly column: ColumnKey | null
  /** Null: groups are not by value. */
  readonly value: string | null
  readonly rows: number
  readonly firstRows: readonly number[]
  readonly message: string
  readonly cause: string
  readonly remedy: string
}

export interface ErrorGroups {
  readonly items: readonly ErrorGroup[]
  /** False: reading stopped before the end of the file, so there may be more of each. */
  readonly exact: boolean
}

const MAX_GROUPS = 100
const FIRST_ROWS = 5
/** So many values are counted side by side; a file with more of them, each of which stands once, has no groups to show. */
const MAX_VALUES = 50_000
/** And so many characters of them. */
const MAX_CHARACTERS = 4 * 1024 * 1024
const MAX_READING_MS = 8_000

interface Counted {
  readonly error: RowError
  readonly value: string | null
  rows: number
  readonly firstRows: number[]
}

/** The rejected rows by code and column, exactly, from what is stored. */
export async function groupErrorsByCode({ database, importRecord }: RejectedRecordsSource): Promise<ErrorGroups> {
  requireKept(importRecord)
  const groups = new Map<string, Counted>()
  for (const { error, rows, firstRows } of await readErrorGroups(database, importRecord.id)) {
    const decoded = decodeRowError(error)
    const key = `${codeOf(decoded)} ${decoded.field}`
    const known = groups.get(key)
    // Reasons of one code: the sentence is that of the more frequent one.
    if (known === undefined) groups.set(key, { error: decoded, value: null, rows, firstRows: [...firstRows] })
    else groups.set(key, merge(known, { error: decoded, value: null, rows, firstRows: [...firstRows] }))
  }
  return { items: toItems(groups.values(), importRecord.mapping), exact: true }
}

function merge(a: Counted, b: Counted): Counted {
  const firstRows = [...a.firstRows, ...b.firstRows].toSorted((x, y) => x - y).slice(0, FIRST_ROWS)
  return { ...(a.rows >= b.rows ? a : b), rows: a.rows + b.rows, firstRows }
}

/**
 * The rejected rows by code, column and value: reads the rejected records once, in the order of the file, for as long as
 * time and memory allow. Throws a FileMissingError.
 */
export async function groupErrorsByValue(source: RejectedRecordsSource): Promise<ErrorGroups> {
  const { importRecord } = source
  requireKept(importRecord)
  const { mapping } = importRecord
  const dialect = await openDialect(source.store, importRecord)
  if (dialect === null) return { items: [], exact: true }
  const context = createErrorContext(mapping, dialect.header)
  const counts = new ValueCounts()
  const endsAt = performance.now() + MAX_READING_MS
  for await (const records of readAllRejected(source, dialect)) {
    for (const { rowNumber, cells, errors } of records) {
      for (const error of errors) counts.add(error, valueOf(error, cells, context), rowNumber)
    }
    if (performance.now() > endsAt) return { items: toItems(counts.groups, mapping), exact: false }
  }
  return { items: toItems(counts.groups, mapping), exact: counts.isComplete }
}

/** How many rows have which error for which value, as far as there is room for values. */
class ValueCounts {
  readonly groups: Counted[] = []
  isComplete = true
  readonly #byError = new Map<number, Map<string, Counted>>()
  #characters = 0

  add(error: RowError, value: string, rowNumber: number): void {
    const encoded = encodeRowError(error)
    const byValue = this.#byError.get(encoded) ?? new Map<string, Counted>()
    this.#byError.set(encoded, byValue)
    const known = byValue.get(value)
    if (known !== undefined) {
      known.rows += 1
      if (known.firstRows.length < FIRST_ROWS) known.firstRows.push(rowNumber)
      return
    }
    if (this.groups.length >= MAX_VALUES || this.#characters + value.length > MAX_CHARACTERS) {
      this.isComplete = false
      return
    }
    // What is kept must not keep the block of the file that it was cut from.
    const kept = copyText(value)
    const counted = { error, value: kept, rows: 1, firstRows: [rowNumber] }
    this.#characters += kept.length
    byValue.set(kept, counted)
    this.groups.push(counted)
  }
}

function toItems(groups: Iterable<Counted>, mapping: ColumnMapping): ErrorGroup[] {
  return [...groups]
    .toSorted((a, b) => b.rows - a.rows || (a.firstRows[0] ?? 0) - (b.firstRows[0] ?? 0))
    .slice(0, MAX_GROUPS)
    .map(({ error, value, rows, firstRows }) => ({
      code: codeOf(error),
      column: error.field,
      value,
      rows,
      firstRows,
      message: value === null ? summarizeRowError(codeOf(error), error.field) : describeRowError(error, value, mapping),
      ...(value === null ? adviseOn(error) : adviseOn(error, value, mapping)),
    }))
}
