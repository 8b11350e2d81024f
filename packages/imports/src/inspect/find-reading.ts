import {
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  mandatoryKeys,
  type ColumnKey,
  type ColumnMapping,
  type ColumnPositions,
  type ColumnReferences,
  type CouponIdentifier,
  type CustomerIdentifier,
  type FaultCode,
  type FieldFault,
  type InspectionCode,
  type UploadOptions,
  type UsedProfile,
} from '@importer/contracts'
import type { ReadingDialect } from '@importer/db'

import { findDialect } from '../upload/find-dialect.ts'
import { inspectUpload } from '../upload/inspect-upload.ts'
import { readHead, type HeadStore } from '../upload/read-head.ts'
import { WORKBOOK_DELIMITER } from '../workbook/workbook-text.ts'
import { findIdentifier, type DeclaredIdentifiers, type GuessedColumns } from './guess-columns.ts'
import { guessReading, type GuessedReading } from './guess-reading.ts'

/** What an upload would say of how it is to be read. */
export interface WantedReading extends DeclaredIdentifiers {
  /** Undefined: nobody has said what the columns mean. */
  readonly columns?: ColumnReferences | undefined
  /** The profile that completed it; null: none. */
  readonly profile?: UsedProfile | null
  /** Whether the columns are the profile's. */
  readonly hasProfileColumns?: boolean
  readonly options: UploadOptions
  /** Whether the date format of the options was asked for. */
  readonly hasDateFormat: boolean
  /** Why an upload that says this would be refused, though a person can still choose otherwise: rows are not checked. */
  readonly faults: readonly FieldFault[]
}

export interface InspectionProblem {
  readonly code: InspectionCode | FaultCode
  readonly message: string
}

/** What the columns mean to an import. */
interface NamedColumns {
  readonly customerIdentifier: CustomerIdentifier
  readonly couponIdentifier: CouponIdentifier
  readonly positions: ColumnPositions
}

export interface FoundReading {
  readonly dialect: ReadingDialect
  /** Null: it is not known, so nothing can be imported. */
  readonly mapping: NamedColumns | null
  /** Null: somebody has said what the columns mean. */
  readonly guessed: GuessedColumns | null
}

/** There is one file only. */
export const FILE_KEY = ''

/**
 * How an import would read the file, found by the importer's own ways: with the columns that were named or, where none
 * were, with those that are guessed. Null: not at all. What is wrong is added to the `problems`.
 */
export async function findReading(
  files: HeadStore,
  wanted: WantedReading,
  problems: InspectionProblem[],
  isWorkbook: boolean,
): Promise<FoundReading | null> {
  const { skipLines, ...options } = wanted.options
  const chosen = options.delimiter === 'auto' ? undefined : options.delimiter
  const delimiter = isWorkbook ? WORKBOOK_DELIMITER : chosen
  const kind = isWorkbook ? ({ isWorkbook } as const) : {}
  const hasHeader = options.hasHeader === 'auto' ? undefined : options.hasHeader === 'true'
  // Whether it is a table at all is no matter of columns.
  const someColumns = { customerIdentifier: 'MOBILE', couponIdentifier: 'COUPON_CODE', positions: {} } as const
  const table = await findDialect(files, FILE_KEY, { ...someColumns, ...kind, skipLines }, { delimiter, hasHeader })
  if (!table.ok) {
    problems.push({ code: table.code, message: table.message })
    return null
  }
  const guess = guessReading(await readHead(files, FILE_KEY, skipLines), delimiter, hasHeader, wanted, isWorkbook)
  const guessed = wanted.columns === undefined ? guess.guessed : null
  const unnamed = { dialect: dialectOfGuess(guess, table.start), mapping: null, guessed }

  const named = nameColumns(wanted, guess.guessed)
  if (named === null) {
    if (wanted.faults.length === 0) problems.push(describeMissing(wanted, guess.guessed))
    return unnamed
  }
  const { columns, identifiers } = named
  const inspected = await inspectUpload({
    store: files,
    fileKey: FILE_KEY,
    identifiers,
    columns,
    delimiter: options.delimiter,
    hasHeader: hasHeader ?? 'auto',
    skipLines,
    isWorkbook,
    profile: wanted.hasProfileColumns === true ? (wanted.profile ?? null) : null,
  })
  if (!inspected.ok) {
    problems.push(...inspected.faults.map(({ code, message }) => ({ code, message })))
    return unnamed
  }
  const mapping = { ...identifiers, positions: inspected.positions }
  const dialect = inspected.dialect ?? (await findWorkersDialect(files, { ...mapping, ...kind, skipLines }))
  const header = guess.records[guess.header]
  if (!dialect.hasHeader && hasHeader === undefined && header !== undefined) {
    const message = `line ${header.line} looks like the names of columns and is read as a row, because a header has no digits where rows have date and till; say hasHeader=true if it is one`
    problems.push({ code: 'HEADER_UNSURE', message })
  }
  return { dialect, mapping, guessed }
}

/** As a worker finds it who takes an import of which nobody has said how it is read. */
async function findWorkersDialect(files: HeadStore, mapping: ColumnMapping): Promise<ReadingDialect> {
  const found = await findDialect(files, FILE_KEY, mapping)
  if (!found.ok) throw new Error(`a table is none once its columns are named: ${found.message}`)
  return found
}

/** What the upload says of columns and identifiers, or else what is guessed; null where that is not whole. */
function nameColumns(
  { columns: wanted, customerIdentifier, couponIdentifier, faults }: WantedReading,
  guessed: GuessedColumns,
): { columns: ColumnReferences; identifiers: Omit<NamedColumns, 'positions'> } | null {
  const columns = wanted ?? guessed.uploadHeaders
  if (columns === null || faults.some(({ field }) => field === 'uploadHeaders')) return null
  const keys = new Set(Object.keys(columns) as ColumnKey[])
  const customer = customerIdentifier ?? findIdentifier(CUSTOMER_IDENTIFIERS, keys)
  const coupon = couponIdentifier ?? findIdentifier(COUPON_IDENTIFIERS, keys)
  if (customer === null || coupon === null) return null
  const isWhole = mandatoryKeys(customer, coupon).every((key) => keys.has(key))
  return isWhole ? { columns, identifiers: { customerIdentifier: customer, couponIdentifier: coupon } } : null
}

function describeMissing(wanted: WantedReading, guessed: GuessedColumns): InspectionProblem {
  const keys = new Set<ColumnKey | null>(
    wanted.columns === undefined ? guessed.suggestedKeys : (Object.keys(wanted.columns) as ColumnKey[]),
  )
  const customer = wanted.customerIdentifier ?? findIdentifier(CUSTOMER_IDENTIFIERS, keys)
  const coupon = wanted.couponIdentifier ?? findIdentifier(COUPON_IDENTIFIERS, keys)
  const missing = mandatoryKeys(customer ?? undefined, coupon ?? undefined).filter((key) => !keys.has(key))
  const names = [
    ...(customer === null ? [`the customer (${Object.values(CUSTOMER_IDENTIFIERS).join(', ')})`] : []),
    ...(coupon === null ? [`the coupon (${Object.values(COUPON_IDENTIFIERS).join(', ')})`] : []),
    ...missing,
  ]
  const message = `it is not sure which column is ${names.join(', ')}; say so in uploadHeaders`
  return { code: 'COLUMNS_UNSURE', message }
}

function dialectOfGuess(
  { delimiter, header, records }: GuessedReading,
  start: ReadingDialect['start'],
): ReadingDialect {
  const first = records[header]
  if (first === undefined) return { delimiter, hasHeader: false, start }
  return { delimiter, hasHeader: true, start: { byteOffset: first.byteOffset, line: first.line } }
}
