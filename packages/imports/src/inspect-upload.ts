import {
  MAX_COLUMN_POSITION,
  type ColumnKey,
  type ColumnMapping,
  type ColumnPositions,
  type ColumnReferences,
  type FieldFault,
} from '@importer/contracts'
import { inspectHead, KNOWN_DELIMITERS, readRecords } from '@importer/csv'
import type { FileStore } from '@importer/runtime'

import { findDialect } from './find-dialect.ts'
import { readHead } from './read-head.ts'

export interface UploadToInspect {
  readonly store: FileStore
  readonly fileKey: string
  readonly identifiers: Pick<ColumnMapping, 'customerIdentifier' | 'couponIdentifier'>
  readonly columns: ColumnReferences
  /** One character, or auto: it is found. */
  readonly delimiter: string
  readonly hasHeader: boolean | 'auto'
}

export interface InspectedUpload {
  readonly positions: ColumnPositions
  /** How the file is to be read; undefined: that is for the worker to find out, or to fail over. */
  readonly dialect: { readonly delimiter: string; readonly hasHeader: boolean } | undefined
}

export type UploadInspection =
  | ({ readonly ok: true } & InspectedUpload)
  | { readonly ok: false; readonly faults: [FieldFault, ...FieldFault[]] }

/**
 * Settles what an upload says of its own file, by the first bytes of it: names of columns become positions, a delimiter
 * or a header that was asked for is kept. What is not asked for is left to the worker, who looks at every file.
 */
export async function inspectUpload(upload: UploadToInspect): Promise<UploadInspection> {
  const { columns, delimiter, hasHeader } = upload
  const named = Object.values(columns).some((column) => typeof column === 'string')
  if (named) return resolveNames(upload)
  const positions = columns as ColumnPositions
  if (delimiter === 'auto' && hasHeader === 'auto') return { ok: true, positions, dialect: undefined }

  const mapping = { ...upload.identifiers, positions }
  const found = await findDialect(upload.store, upload.fileKey, mapping, delimiter === 'auto' ? undefined : delimiter)
  // What is no CSV fails as an import, as every such file does, however much is said of how to read it.
  if (!found.ok) return { ok: true, positions, dialect: undefined }
  return {
    ok: true,
    positions,
    dialect: { delimiter: found.delimiter, hasHeader: hasHeader === 'auto' ? found.hasHeader : hasHeader },
  }
}

/** By the delimiter under which the first record has all the names. */
async function resolveNames(upload: UploadToInspect): Promise<UploadInspection> {
  const { columns, delimiter, hasHeader } = upload
  if (hasHeader === false) {
    return refuse('HEADER_NOT_FOUND', 'uploadHeaders names columns and hasHeader is false; expected positions')
  }
  const { head, complete } = await readHead(upload.store, upload.fileKey)
  const other = inspectHead(head, complete, { date: 0, till: 0, lastMandatory: 0 })
  if (!other.ok) return refuse(other.code, other.message)

  let best: readonly FieldFault[] | undefined
  for (const candidate of delimiter === 'auto' ? KNOWN_DELIMITERS : [delimiter]) {
    const header = await readFirstRecord(head, candidate)
    const { positions, faults } = findColumns(columns, header)
    if (faults.length === 0) return { ok: true, positions, dialect: { delimiter: candidate, hasHeader: true } }
    if (best === undefined || faults.length < best.length) best = faults
  }
  const [first, ...others] = best ?? []
  return first === undefined
    ? refuse('HEADER_NOT_FOUND', 'the file has no header')
    : { ok: false, faults: [first, ...others] }
}

function findColumns(
  columns: ColumnReferences,
  header: readonly string[],
): { positions: ColumnPositions; faults: FieldFault[] } {
  const names = header.map((cell) => cell.trim())
  const positions: Partial<Record<ColumnKey, number>> = {}
  const faults: FieldFault[] = []
  const takenBy = new Map<number, string>()
  const blame = (code: string, message: string): void => {
    faults.push({ code, field: 'uploadHeaders', message })
  }
  for (const [key, column] of Object.entries(columns) as [ColumnKey, number | string][]) {
    const position = typeof column === 'number' ? column : names.indexOf(column)
    if (typeof column === 'string' && (position < 0 || position > MAX_COLUMN_POSITION)) {
      blame(
        'HEADER_NOT_FOUND',
        `uploadHeaders.${key} is "${column}", which the file's header has not; it has ${list(names)}`,
      )
    } else if (typeof column === 'string' && names.lastIndexOf(column) !== position) {
      blame('HEADER_AMBIGUOUS', `uploadHeaders.${key} is "${column}", which the file's header has more than once`)
    } else if (takenBy.has(position)) {
      blame(
        'DUPLICATE_POSITION',
        `uploadHeaders.${key} and uploadHeaders.${takenBy.get(position)} are both column ${position}; expected every column once`,
      )
    }
    takenBy.set(position, key)
    positions[key] = position
  }
  return { positions, faults }
}

async function readFirstRecord(head: Uint8Array, delimiter: string): Promise<readonly string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield head
  }
  for await (const { cells, faults } of readRecords(source(), { delimiter }))
    return faults.has(0) ? [] : (cells[0] ?? [])
  return []
}

const SHOWN_NAMES = 20
const SHOWN_CHARACTERS = 40

function list(names: readonly string[]): string {
  const shown = names
    .slice(0, SHOWN_NAMES)
    .map((name) => `"${name.replaceAll(/\p{C}/gu, ' ').slice(0, SHOWN_CHARACTERS)}"`)
  return shown.join(', ') + (names.length > SHOWN_NAMES ? ', …' : '')
}

function refuse(code: string, message: string): UploadInspection {
  return { ok: false, faults: [{ code, field: 'uploadHeaders', message }] }
}
