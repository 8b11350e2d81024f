import {
  MAX_COLUMN_POSITION,
  type ColumnKey,
  type ColumnMapping,
  type ColumnPositions,
  type ColumnReferences,
  type FaultCode,
  type FieldFault,
} from '@importer/contracts'
import { KNOWN_DELIMITERS, readFirstRecords, readSepLine, refuseHead, trimCell } from '@importer/csv'
import type { ReadingDialect } from '@importer/db'
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
  /** How many physical lines come before header or data. */
  readonly skipLines: number
}

export interface InspectedUpload {
  readonly positions: ColumnPositions
  /** How the file is to be read; undefined: that is for the worker to find out, or to fail over. */
  readonly dialect: ReadingDialect | undefined
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

  const mapping = { ...upload.identifiers, positions, skipLines: upload.skipLines }
  const found = await findDialect(upload.store, upload.fileKey, mapping, {
    delimiter: delimiter === 'auto' ? undefined : delimiter,
    hasHeader: hasHeader === 'auto' ? undefined : hasHeader,
  })
  // What is no CSV fails as an import, as every such file does, however much is said of how to read it.
  if (!found.ok) return { ok: true, positions, dialect: undefined }
  return { ok: true, positions, dialect: found }
}

/** Among so many records that are not empty the names are looked for. */
const HEADER_RECORDS = 10

/** By the delimiter under which a record at the file's beginning has all the names. */
async function resolveNames(upload: UploadToInspect): Promise<UploadInspection> {
  const { columns, delimiter, hasHeader } = upload
  if (hasHeader === false) {
    return refuse('HEADER_NOT_FOUND', 'uploadHeaders names columns and hasHeader is false; expected positions')
  }
  const { head, complete, start: at } = await readHead(upload.store, upload.fileKey, upload.skipLines)
  const other = refuseHead(head, complete)
  if (other !== undefined) return refuse(other.code, other.message)

  const sep = readSepLine(head, at)
  const start = sep?.next ?? at
  const body = head.subarray(start.byteOffset - at.byteOffset)
  const known = delimiter === 'auto' ? sep?.delimiter : delimiter
  let best: readonly FieldFault[] | undefined
  for (const candidate of known === undefined ? KNOWN_DELIMITERS : [known]) {
    for (const record of readFirstRecords(body, start, complete, candidate, HEADER_RECORDS)) {
      const { positions, faults } = findColumns(columns, record.cells ?? [])
      if (faults.length === 0) {
        const { byteOffset, line } = record
        const dialect = { delimiter: candidate, hasHeader: true, start: { byteOffset, line } }
        return { ok: true, positions, dialect }
      }
      if (best === undefined || faults.length < best.length) best = faults
    }
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
  const names = header.map(trimCell)
  const positions: Partial<Record<ColumnKey, number>> = {}
  const faults: FieldFault[] = []
  const takenBy = new Map<number, string>()
  const blame = (code: FaultCode, message: string): void => {
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

const SHOWN_NAMES = 20
const SHOWN_CHARACTERS = 40

function list(names: readonly string[]): string {
  const shown = names
    .slice(0, SHOWN_NAMES)
    .map((name) => `"${name.replaceAll(/\p{C}/gu, ' ').slice(0, SHOWN_CHARACTERS)}"`)
  return shown.join(', ') + (names.length > SHOWN_NAMES ? ', …' : '')
}

function refuse(code: FaultCode, message: string): UploadInspection {
  return { ok: false, faults: [{ code, field: 'uploadHeaders', message }] }
}
