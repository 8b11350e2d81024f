import {
  COLUMN_KEYS,
  MAX_COLUMN_POSITION,
  showText,
  type ColumnKey,
  type ColumnMapping,
  type ColumnPositions,
  type ColumnReference,
  type ColumnReferences,
  type FieldFault,
  type UsedProfile,
} from '@importer/contracts'
import { refuseHead } from '@importer/csv'
import type { ReadingDialect } from '@importer/db'

import { findDialect } from './find-dialect.ts'
import type { ColumnFinder, NamedColumn } from './find-named-column.ts'
import { listHeaders, type PossibleHeader } from './header-records.ts'
import { readHead, type HeadStore } from './read-head.ts'
import { WORKBOOK_DELIMITER } from '../workbook/workbook-text.ts'

export interface UploadToInspect {
  readonly store: HeadStore
  readonly fileKey: string
  readonly identifiers: Pick<ColumnMapping, 'customerIdentifier' | 'couponIdentifier'>
  readonly columns: ColumnReferences
  /** One character, or auto: it is found. */
  readonly delimiter: string
  readonly hasHeader: boolean | 'auto'
  /** How many physical lines come before header or data. */
  readonly skipLines: number
  /** The profile that the columns come from; null: the upload names them itself. */
  readonly profile?: UsedProfile | null
  /** The file is the text that was made of a workbook. */
  readonly isWorkbook?: boolean | undefined
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
  const { columns, hasHeader, isWorkbook = false } = upload
  const delimiter = isWorkbook ? 'auto' : upload.delimiter
  const named = Object.values(columns).some((column) => typeof column !== 'number')
  if (named) return resolveNames(upload)
  const positions = columns as ColumnPositions
  if (delimiter === 'auto' && hasHeader === 'auto') return { ok: true, positions, dialect: undefined }

  const rules = { skipLines: upload.skipLines, ...(isWorkbook && { isWorkbook }) }
  const mapping = { ...upload.identifiers, positions, ...rules }
  const found = await findDialect(upload.store, upload.fileKey, mapping, {
    delimiter: delimiter === 'auto' ? undefined : delimiter,
    hasHeader: hasHeader === 'auto' ? undefined : hasHeader,
  })
  // What is no CSV fails as an import, as every such file does, however much is said of how to read it.
  if (!found.ok) return { ok: true, positions, dialect: undefined }
  return { ok: true, positions, dialect: found }
}

/** By the delimiter under which a record at the file's beginning has all the names. */
async function resolveNames(upload: UploadToInspect): Promise<UploadInspection> {
  const { columns, hasHeader, profile, isWorkbook = false } = upload
  const delimiter = isWorkbook ? WORKBOOK_DELIMITER : upload.delimiter
  if (hasHeader === false) {
    return refuse('HEADER_NOT_FOUND', 'uploadHeaders names columns and hasHeader is false; expected positions')
  }
  const head = await readHead(upload.store, upload.fileKey, upload.skipLines)
  const other = refuseHead(head.head, head.complete, isWorkbook)
  if (other !== undefined) return refuse(other.code, other.message)

  let best: FoundColumns | undefined
  for (const header of listHeaders(head, delimiter === 'auto' ? undefined : delimiter, isWorkbook)) {
    const found = findPositions(columns, header)
    if (found.faults.length === 0) {
      const dialect = { delimiter: header.delimiter, hasHeader: true, start: header.start }
      return { ok: true, positions: found.positions, dialect }
    }
    if (best === undefined || found.faults.length < best.faults.length) best = found
  }
  const [first, ...others] = best?.faults ?? []
  if (best === undefined || first === undefined) return refuse('HEADER_NOT_FOUND', 'the file has no header')
  if (profile != null) return { ok: false, faults: [explainMisfit(profile, columns, best)] }
  return { ok: false, faults: [first, ...others] }
}

interface FoundColumns {
  readonly positions: ColumnPositions
  readonly faults: readonly FieldFault[]
  readonly misfits: readonly { readonly key: ColumnKey; readonly code: FieldFault['code'] }[]
  readonly names: readonly string[]
}

/** Where a header has the columns, and which of them it has not, or not just once. */
export function findPositions(columns: ColumnReferences, { names, find }: PossibleHeader): FoundColumns {
  const positions: Partial<Record<ColumnKey, number>> = {}
  const faults: FieldFault[] = []
  const misfits: { key: ColumnKey; code: FieldFault['code'] }[] = []
  const takenBy = new Map<number, string>()
  for (const [key, column] of Object.entries(columns) as [ColumnKey, ColumnReference][]) {
    const blame = (code: FieldFault['code'], message: string): void => {
      faults.push({ code, field: 'uploadHeaders', message: `uploadHeaders.${key} ${message}` })
      misfits.push({ key, code })
    }
    const position = findColumn(find, column)
    if (position === 'absent') {
      blame('HEADER_NOT_FOUND', `is ${showColumn(column)}, which the file's header has not; it has ${list(names)}`)
    } else if (position === 'ambiguous') {
      blame('HEADER_AMBIGUOUS', `is ${showColumn(column)}, which the file's header has more than once`)
    } else if (takenBy.has(position)) {
      blame(
        'DUPLICATE_POSITION',
        `and uploadHeaders.${takenBy.get(position)} are both column ${position}; expected every column once`,
      )
    } else {
      takenBy.set(position, key)
      positions[key] = position
    }
  }
  return { positions, faults, misfits, names }
}

/** Of several names the first that the header has counts. */
function findColumn(find: ColumnFinder, column: ColumnReference): NamedColumn {
  if (typeof column === 'number') return column
  const found = (typeof column === 'string' ? [column] : column).map(find)
  const position = found.find((one) => one !== 'absent') ?? 'absent'
  return typeof position === 'number' && position > MAX_COLUMN_POSITION ? 'absent' : position
}

/** Everything at once: what the profile wants, which of it does not fit, and what is there. */
function explainMisfit({ name, version }: UsedProfile, columns: ColumnReferences, found: FoundColumns): FieldFault {
  const show = (keys: readonly ColumnKey[]): string =>
    COLUMN_KEYS.filter((key) => keys.includes(key))
      .map((key) => `${showColumn(columns[key] ?? 0)} (${key})`)
      .join(', ')
  const keysOf = (code: FieldFault['code']): ColumnKey[] =>
    found.misfits.filter((one) => one.code === code).map(({ key }) => key)
  const reasons = [
    { keys: keysOf('HEADER_NOT_FOUND'), text: 'it lacks' },
    { keys: keysOf('HEADER_AMBIGUOUS'), text: 'it has more than once' },
    { keys: keysOf('DUPLICATE_POSITION'), text: 'it has for another column already' },
  ].filter(({ keys }) => keys.length > 0)
  const message =
    `the header of the file does not fit the profile "${name}" (version ${version}): ` +
    `${reasons.map(({ keys, text }) => `${text} ${show(keys)}`).join('; ')}. ` +
    `Expected the columns ${show(Object.keys(columns) as ColumnKey[])}; the file has ${list(found.names)}. ` +
    'Save the profile with the names of this file too, or choose another profile'
  return { code: 'HEADER_MISMATCH', field: 'file', message }
}

const SHOWN_NAMES = 20
const SHOWN_CHARACTERS = 40

function showColumn(column: ColumnReference): string {
  if (typeof column === 'number') return `column ${column}`
  return typeof column === 'string' ? showName(column) : column.map(showName).join(' or ')
}

function showName(name: string): string {
  return `"${showText(name, SHOWN_CHARACTERS)}"`
}

function list(names: readonly string[]): string {
  return names.slice(0, SHOWN_NAMES).map(showName).join(', ') + (names.length > SHOWN_NAMES ? ', …' : '')
}

function refuse(code: FieldFault['code'], message: string): UploadInspection {
  return { ok: false, faults: [{ code, field: 'uploadHeaders', message }] }
}
