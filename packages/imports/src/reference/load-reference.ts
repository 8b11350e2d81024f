import {
  REFERENCE_COLUMNS,
  type ReferenceKind,
  type ReferenceLoadResult,
  type ReferenceRowFault,
} from '@importer/contracts'
import { readRecords, trimCell, type RecordBlock } from '@importer/csv'
import { prepareReference, type Database, type ReferenceResult, type ReferenceRow } from '@importer/db'
import { TimeSlice } from '@importer/runtime'

import { decodeText } from '../upload/decode-text.ts'
import { readReferenceCell } from '../rules/read-cell.ts'
import { copyText } from '../reports/cut-text.ts'
import { readReferenceValue } from './reference-values.ts'
import { readReferenceHeader, type ReferenceHeader } from './reference-header.ts'

export { ReferenceBodyError } from './reference-header.ts'

export interface LoadReferenceOptions {
  readonly database: Database
  readonly orgId: number
  readonly kind: ReferenceKind
  readonly body: AsyncIterable<Uint8Array>
  /** Aborted when nobody waits for the load any more: no further batch is begun. */
  readonly signal?: AbortSignal | undefined
  /** Called before the load throws after rows may have been written: with what of them is known. */
  readonly onInterrupted?: (written: ReferenceLoadResult) => void
}

const BATCH_ROWS = 20_000
/** Cells are slices of the text that they were cut from: a batch keeps as much of the body as it was gathered from. */
const BATCH_BYTES = 4 * 1024 * 1024
const SHOWN_ERRORS = 100
const ROWS_OF_A_SLICE = 256

/**
 * Writes a CSV of reference data with named columns, streamed: rows that are new are made, the others changed in the
 * columns that are there. A bad row is reported and left out; a body that is no such CSV throws a ReferenceBodyError
 * before anything is written.
 */
export async function loadReference(options: LoadReferenceOptions): Promise<ReferenceLoadResult> {
  const { header, body } = await readReferenceHeader(options.kind, decodeText(options.body, 'utf-8'))
  const load = new ReferenceLoad(options, header)
  const { delimiter, cells, start } = header
  const slice = new TimeSlice()
  try {
    for await (const block of readRecords(body, { delimiter, from: start, header: cells })) {
      await load.take(block, slice)
    }
    await load.write()
    await load.settle()
  } catch (error) {
    // Whatever became of the body: nothing is written any more once this has ended.
    const [settled] = await Promise.allSettled([load.settle()])
    options.onInterrupted?.(load.result())
    throw settled.status === 'rejected' ? settled.reason : error
  }
  return load.result()
}

type RowPosition = Pick<ReferenceRowFault, 'row' | 'line'>

/** A row before this one in the batch that has the same id; `changes`: whether the row after it has other values. */
type SupersededRow = RowPosition & { readonly changes: boolean }

/** A row to write, and the rows in whose stead it is written. */
type NumberedRow = ReferenceRow & RowPosition & { superseded: SupersededRow[] }

/** Gathers rows and writes them batch by batch, one at a time, while the next is gathered. */
class ReferenceLoad {
  readonly #options: LoadReferenceOptions
  readonly #header: ReferenceHeader
  readonly #columns: readonly string[]
  /** By id: of rows that have the same, the last one counts, and one statement cannot write a row twice. */
  #batch = new Map<string, NumberedRow>()
  #batchRows = 0
  #batchBytes = 0
  #inFlight: Promise<void> = Promise.resolve()
  #received = 0
  #inserted = 0
  #updated = 0
  #rejected = 0
  /** The first ones, in the order of their rows. */
  readonly #errors: ReferenceRowFault[] = []

  constructor(options: LoadReferenceOptions, header: ReferenceHeader) {
    this.#options = options
    this.#header = header
    this.#columns = REFERENCE_COLUMNS[options.kind].filter((name) => name !== 'id' && header.positions.has(name))
  }

  async take({ cells, faults, lines, offsets, endOffset }: RecordBlock, slice: TimeSlice): Promise<void> {
    for (let i = 0; i < cells.length; i += 1) {
      // A block of the shortest rows has 30,000 of them.
      if (i % ROWS_OF_A_SLICE === 0) await slice.yieldIfOver(this.#options.signal)
      this.#received += 1
      const line = lines[i] ?? 0
      const fault = faults.get(i)
      if (fault !== undefined) {
        this.#reject({
          row: this.#received,
          line,
          field: null,
          code: fault === 'not_utf8' || fault === 'nul_byte' ? 'INVALID_ENCODING' : 'MALFORMED_ROW',
          message: `the record cannot be read (${fault.replaceAll('_', ' ')}); expected well-formed CSV in UTF-8`,
        })
        continue
      }
      this.#addRow(cells[i] ?? [], line)
      if (this.#batchRows >= BATCH_ROWS) await this.write()
    }
    this.#batchBytes += endOffset - (offsets[0] ?? endOffset)
    if (this.#batchBytes >= BATCH_BYTES) await this.write()
  }

  /** Sends what was gathered, once the batch before it is written. Rejects with what that one failed with. */
  async write(): Promise<void> {
    const rows = [...this.#batch.values()]
    this.#batchBytes = 0
    if (rows.length === 0) return
    this.#batch = new Map()
    this.#batchRows = 0
    const { database, orgId, kind } = this.#options
    const upsert = prepareReference({ database, orgId, kind, columns: this.#columns }, rows)
    await this.#inFlight
    this.#inFlight = this.#count(rows, upsert)
    // Whoever waits for it next hears of its failure; until then it must not count as unheard.
    this.#inFlight.catch(() => undefined)
  }

  /** Waits for the batch under way. Rejects with what it failed with. */
  async settle(): Promise<void> {
    await this.#inFlight
  }

  async #count(rows: readonly NumberedRow[], upsert: () => Promise<ReferenceResult>): Promise<void> {
    const { inserted, updated, faults } = await upsert()
    this.#inserted += inserted
    // What a later row of the batch replaced counts as written and changed by it.
    this.#updated += updated + rows.reduce((sum, { superseded }) => sum + countChanges(superseded), 0)
    for (const { index, field, code, message } of faults) {
      const { row = 0, line = 0, superseded = [] } = rows[index] ?? {}
      this.#updated -= countChanges(superseded)
      for (const { row: earlier, line: its } of superseded)
        this.#reject({ row: earlier, line: its, field, code, message })
      this.#reject({ row, line, field, code, message })
    }
  }

  result(): ReferenceLoadResult {
    return {
      received: this.#received,
      inserted: this.#inserted,
      updated: this.#updated,
      rejected: this.#rejected,
      errors: this.#errors,
    }
  }

  #addRow(cells: readonly string[], line: number): void {
    const { positions, nameless } = this.#header
    const cell = (name: string): string => readReferenceCell(name, cells[positions.get(name) ?? -1] ?? '')
    const stray = findStray(cells, nameless)
    if (stray !== undefined) {
      const message = `column ${stray + 1} holds a value and has no name in the header; expected a name for it, or no values`
      this.#reject({ row: this.#received, line, field: null, code: 'MALFORMED_ROW', message })
      return
    }
    const id = readReferenceValue('id', cell('id'))
    if (id.fault !== undefined) {
      this.#reject({ row: this.#received, line, field: 'id', ...id.fault })
      return
    }
    const values: (string | null)[] = []
    for (const name of this.#columns) {
      const value = readReferenceValue(name, cell(name))
      if (value.fault !== undefined) {
        this.#reject({ row: this.#received, line, field: name, ...value.fault })
        return
      }
      values.push(value.text)
    }
    const key = id.text ?? ''
    const before = this.#batch.get(key)
    const superseded = before?.superseded ?? []
    if (before !== undefined) {
      const changes = before.values.some((value, n) => value !== values[n])
      superseded.push({ row: before.row, line: before.line, changes })
    }
    this.#batch.delete(key)
    this.#batch.set(key, { id: key, values, row: this.#received, line, superseded })
    this.#batchRows += 1
  }

  #reject(fault: ReferenceRowFault): void {
    this.#rejected += 1
    // What the database finds wrong comes later than what is wrong with rows behind it.
    const before = this.#errors.findLastIndex(({ row }) => row <= fault.row) + 1
    if (before === SHOWN_ERRORS) return
    // Its message may hold a slice of a record of 1 MiB.
    this.#errors.splice(before, 0, { ...fault, message: copyText(fault.message) })
    if (this.#errors.length > SHOWN_ERRORS) this.#errors.pop()
  }
}

/** The first position of a value that has no name. A header may have thousands of columns and each row be shorter. */
function findStray(cells: readonly string[], nameless: readonly number[]): number | undefined {
  for (const position of nameless) {
    if (position >= cells.length) return undefined
    if (trimCell(cells[position] ?? '') !== '') return position
  }
  return undefined
}

function countChanges(superseded: readonly SupersededRow[]): number {
  return superseded.filter(({ changes }) => changes).length
}
