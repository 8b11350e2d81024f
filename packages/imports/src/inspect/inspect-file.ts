import {
  decodeRowError,
  isNamedDateFormat,
  type Advice,
  type ColumnKey,
  type ColumnPositions,
  type CouponIdentifier,
  type CustomerIdentifier,
  type UsedProfile,
} from '@importer/contracts'

import type { FileStore } from '@importer/file-store'

import { cellRulesOf } from '../rules/cell-rules.ts'
import { explainCellError, createErrorContext, type CellError } from '../rules/describe-cell-error.ts'
import { readHeader } from '../upload/find-dialect.ts'
import type { HeadStore } from '../upload/read-head.ts'
import { readAsSentReport } from '../upload/read-sent-report.ts'
import { UnpackError } from '../upload/unpack-upload.ts'
import { openUploadedWorkbook, type UploadedWorkbook } from '../workbook/open-upload.ts'
import { checkRows, type RowLookUp } from './check-rows.ts'
import { lookAtDates } from './date-look.ts'
import { findFittingProfile, type OpenText, type ProfileCandidate } from './find-profile.ts'
import { FILE_KEY, findReading, type FoundReading, type InspectionProblem, type WantedReading } from './find-reading.ts'
import { guessColumns, type SampledColumn } from './guess-columns.ts'
import { sampleColumns } from './guess-reading.ts'
import { HeadEndError, HeadFile } from '../upload/head-file.ts'
import { readFirstRows } from './read-first-rows.ts'
import { unpackHead } from '../upload/unpack-head.ts'

interface FileToInspect {
  /** Its first bytes as they came, up to INSPECTED_BYTES; or all of it, stored, where it begins as a workbook. */
  readonly source: { readonly head: Uint8Array } | { readonly store: FileStore; readonly fileKey: string }
  readonly wanted: WantedReading
  /** Null: rows are checked by their own text alone. */
  readonly lookUp: RowLookUp | null
  /** Of which one may fit, where none was named and nobody has said what the columns mean. */
  readonly profiles: readonly ProfileCandidate[]
  readonly seriesId: bigint | null
}

interface InspectedRow {
  readonly rowNumber: number
  readonly line: number
  readonly cells: readonly string[]
  readonly errors: readonly (CellError & Advice)[]
}

/** As `POST /v1/inspect` answers; what is not known, or not sure, is null. */
export interface FileInspection {
  readonly kind: 'csv' | 'xlsx' | null
  readonly encoding: string | null
  readonly delimiter: string | null
  readonly headerRow: boolean | null
  /** How many lines come before the header or, without one, before the first row that is looked for. */
  readonly skippedLines: number
  readonly columns: readonly (SampledColumn & { readonly suggestedKey: ColumnKey | null })[]
  readonly customerIdentifier: CustomerIdentifier | null
  readonly couponIdentifier: CouponIdentifier | null
  readonly uploadHeaders: ColumnPositions | null
  readonly dateFormat: string | null
  readonly timeZone: string | null
  readonly profile: UsedProfile | null
  readonly rows: readonly InspectedRow[]
  readonly problems: readonly InspectionProblem[]
}

const SHOWN_SAMPLES = 5
/** Of a cell. */
const MAX_VALUE_CHARACTERS = 10_000

/**
 * What an import of a file that begins so would read, and what its first rows would come to; and what the columns seem to
 * mean where nobody has said. Nothing is stored. Throws what the database throws.
 */
export async function inspectFile({
  source,
  wanted,
  lookUp,
  profiles,
  seriesId,
}: FileToInspect): Promise<FileInspection> {
  const problems: InspectionProblem[] = wanted.faults.map(({ code, message }) => ({ code, message }))
  try {
    const candidates = wanted.columns === undefined && wanted.profile == null ? profiles : []
    if ('fileKey' in source) {
      const workbook = await openUploadedWorkbook(source.store, source.fileKey)
      const { timeZone } = wanted.options
      const open: OpenText = async (_encoding, skipLines) => Promise.resolve(workbook.openHead({ timeZone, skipLines }))
      const whole = { store: workbook.openHead({ timeZone, skipLines: 0 }), fileKey: FILE_KEY, isWorkbook: true }
      const options = await readAsSentReport(whole, wanted.options)
      const inspected = await inspectWorkbook(workbook, { ...wanted, options }, lookUp, problems)
      const fitting = await findFittingProfile(open, { candidates, seriesId, isWorkbook: true })
      return { ...inspected, profile: inspected.profile ?? fitting }
    }
    const { head } = source
    const options = await readAsSentReport({ store: new HeadFile(head, true), fileKey: FILE_KEY }, wanted.options)
    const asRead = { ...wanted, options }
    const { text, isWhole, encoding } = await unpackHead(head, options.encoding)
    const files = new HeadFile(text, isWhole)
    const reading = await findReading(files, asRead, problems, false)
    if (reading === null) return describeNothing(wanted, problems)
    const described = await describeReading(files, reading, asRead, lookUp, problems, false)
    const open: OpenText = async (wantedEncoding) => {
      const unpacked = await unpackHead(head, wantedEncoding)
      return new HeadFile(unpacked.text, unpacked.isWhole)
    }
    const fitting = await findFittingProfile(open, { candidates, seriesId, isWorkbook: false })
    return { kind: 'csv', encoding, ...described, profile: described.profile ?? fitting }
  } catch (error) {
    if (error instanceof UnpackError) problems.push({ code: error.code, message: error.message })
    else if (error instanceof HeadEndError) problems.push(describeNoRows())
    else throw error
    return describeNothing(wanted, problems)
  }
}

/** As an upload makes text of it: the header is found first, and then the dates of the column that it names. */
async function inspectWorkbook(
  workbook: UploadedWorkbook,
  wanted: WantedReading,
  lookUp: RowLookUp | null,
  problems: InspectionProblem[],
): Promise<FileInspection> {
  const { timeZone, skipLines } = wanted.options
  const found = await findReading(workbook.openHead({ timeZone, skipLines }), wanted, problems, true)
  if (found === null) return describeNothing(wanted, problems)
  const { line } = found.dialect.start
  const files = workbook.openHead({ timeZone, skipLines: line - 1, positions: found.mapping?.positions ?? {} })
  // Rows before it are empty lines.
  const reading = { ...found, dialect: { ...found.dialect, start: { byteOffset: line - 1, line } } }
  const described = await describeReading(files, reading, wanted, lookUp, problems, true)
  return { kind: 'xlsx', encoding: null, ...described, delimiter: null }
}

async function describeReading(
  files: HeadStore,
  { dialect, mapping, guessed }: FoundReading,
  wanted: WantedReading,
  lookUp: RowLookUp | null,
  problems: InspectionProblem[],
  isWorkbook: boolean,
): Promise<Omit<FileInspection, 'encoding' | 'kind'>> {
  const header = await readHeader(files, FILE_KEY, dialect)
  const rows = await readFirstRows(files, { ...dialect, header, recordsAreLines: isWorkbook })
  if (rows.length === 0) problems.push(describeNoRows())
  const columns = sampleColumns(
    header,
    rows.flatMap(({ cells, fault }) => (fault === undefined ? [cells] : [])),
  )
  const { suggestedKeys } = guessed ?? guessColumns(columns, wanted)
  const dates = columns[mapping?.positions.redeemedDateInMillis ?? suggestedKeys.indexOf('redeemedDateInMillis')]
  const dateFormat = findDateFormat(dates, wanted, problems)

  const rules = cellRulesOf({ ...wanted.options, dateFormat: dateFormat ?? wanted.options.dateFormat })
  const needsZone = rules.timeZone === undefined && !isNamedDateFormat(rules.dateFormat ?? 'epochMillis')
  const isChecked = mapping !== null && wanted.faults.length === 0 && !needsZone
  const reading = mapping === null ? null : { ...mapping, ...rules, ...(isWorkbook && { isWorkbook: true as const }) }
  const errors =
    isChecked && reading !== null
      ? await checkRows(rows, [reading, Date.now(), header], lookUp)
      : new Map<number, readonly number[]>()
  if (rows.some(({ fault }) => fault === 'not_utf8')) {
    const message =
      'some rows hold bytes that are no UTF-8; choose encoding=windows-1252 for a file of an older program'
    problems.push({ code: 'INVALID_ENCODING', message })
  }
  return {
    delimiter: dialect.delimiter,
    headerRow: dialect.hasHeader,
    skippedLines: dialect.start.line - 1,
    columns: columns.map((column, index) => ({
      ...column,
      samples: column.samples.slice(0, SHOWN_SAMPLES),
      suggestedKey: suggestedKeys[index] ?? null,
    })),
    customerIdentifier: mapping?.customerIdentifier ?? wanted.customerIdentifier ?? guessed?.customerIdentifier ?? null,
    couponIdentifier: mapping?.couponIdentifier ?? wanted.couponIdentifier ?? guessed?.couponIdentifier ?? null,
    uploadHeaders: mapping?.positions ?? null,
    dateFormat,
    timeZone: wanted.options.timeZone ?? null,
    profile: wanted.profile ?? null,
    rows: rows.map(({ rowNumber, line, cells }) => ({
      rowNumber,
      line,
      cells: cells.slice(0, columns.length).map((cell) => cell.slice(0, MAX_VALUE_CHARACTERS)),
      errors:
        reading === null
          ? []
          : (errors.get(rowNumber) ?? []).map((error) =>
              explainCellError(decodeRowError(error), { cells, rowNumber }, createErrorContext(reading, header)),
            ),
    })),
    problems,
  }
}

/** As it was asked for, or as the cells show it. */
function findDateFormat(
  dates: SampledColumn | undefined,
  { options, hasDateFormat }: WantedReading,
  problems: InspectionProblem[],
): string | null {
  if (hasDateFormat) return options.dateFormat
  const look = dates === undefined ? null : lookAtDates(dates.samples)
  if (look === null) return null
  if (look.dateFormat === null) {
    problems.push({ code: 'DATE_FORMAT_UNSURE', message: describeUnsure(dates?.samples[0] ?? '', look.possible ?? []) })
  } else if (look.isLocal && options.timeZone === undefined) {
    const message = `dates such as ${dates?.samples[0] ?? ''} do not say their time zone; say it in timeZone, as in Europe/Berlin`
    problems.push({ code: 'TIME_ZONE_UNSURE', message })
  }
  return look.dateFormat
}

function describeUnsure(example: string, possible: readonly string[]): string {
  return possible.length === 0
    ? `dates such as ${example} are not all written in one format; say in dateFormat which one counts: rows with another are rejected`
    : `dates such as ${example} may be ${possible.join(' or ')}, which all that were looked at fit; say in dateFormat which one it is`
}

function describeNoRows(): InspectionProblem {
  return { code: 'NO_ROWS', message: 'there is no whole row in the first 1 MiB of the file; expected rows there' }
}

function describeNothing(wanted: WantedReading, problems: readonly InspectionProblem[]): FileInspection {
  return {
    kind: null,
    encoding: null,
    delimiter: null,
    headerRow: null,
    skippedLines: 0,
    columns: [],
    customerIdentifier: wanted.customerIdentifier ?? null,
    couponIdentifier: wanted.couponIdentifier ?? null,
    uploadHeaders: null,
    dateFormat: wanted.hasDateFormat ? wanted.options.dateFormat : null,
    timeZone: wanted.options.timeZone ?? null,
    profile: wanted.profile ?? null,
    rows: [],
    problems,
  }
}
