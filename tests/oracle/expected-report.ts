/**
 * What `errors.csv` must hold, the message left out, made from the model's evaluation alone.
 *
 * Readings chosen where the contract leaves a point open:
 *  1. The file's own cells stand there as read: without the quotes, with the spaces around them.
 *  2. Under a header the report has the header's columns; without one, those of the first record. In either case at least
 *     the mapped ones: one that has no name in the header under its key, any other under an empty name. Shorter rows are
 *     filled with empty cells; what a row has beyond, up to 1,024 cells in all, is kept apart here (`beyond`), as there is
 *     no column for it.
 *  3. A spreadsheet would run a cell (of the header too) that begins with = + - @, also in full width, behind blanks and
 *     what cannot be seen; what stands behind `;`, a tab or a line end in it begins a cell too. A ' stands before each, and
 *     before a cell that begins with a tab or CR.
 *  4. The report, sent again, says of each mapped cell what the file said: see `keepOwnMarks`.
 *  5. What stands in the columns of a record with wrong bytes, or of one too long, is left open: `cells` is null.
 */
import type { ColumnMapping, RowErrorCode } from '@importer/contracts'

import { trimUnseen } from './reference-cells.ts'
import type { Evaluation, SourceRecord } from './reference-model.ts'

export interface ExpectedReport {
  /** The header's cells, those of the report's own five columns included. */
  readonly columns: readonly string[]
  readonly rows: readonly ExpectedReportRow[]
}

export interface ExpectedReportRow {
  readonly cells: readonly string[] | null
  readonly beyond: readonly string[]
  readonly rowNumber: string
  readonly line: string
  readonly errorCode: string
  readonly errorNumber: string
}

/** Positions go up to 1023. */
const MOST_COLUMNS = 1024

const NUMBERS: Record<RowErrorCode, number> = {
  MISSING_VALUE: 629,
  INVALID_DATE: 739,
  INVALID_NUMBER: 629,
  VALUE_TOO_LONG: 629,
  MALFORMED_ROW: 629,
  INVALID_ENCODING: 629,
  CUSTOMER_NOT_FOUND: 701,
  COUPON_NOT_FOUND: 719,
  COUPON_NOT_IN_SERIES: 702,
  TILL_NOT_FOUND: 735,
  COUPON_REVOKED: 660,
  COUPON_NOT_ISSUED_TO_CUSTOMER: 703,
  SERIES_NOT_ACTIVE: 712,
  COUPON_EXPIRED: 713,
  COUPON_ALREADY_REDEEMED: 711,
  REDEMPTION_LIMIT_REACHED: 728,
}

export function renderExpectedReport(evaluation: Evaluation, mapping: ColumnMapping): ExpectedReport {
  const names = nameColumns(evaluation.header, evaluation.rows[0]?.record, mapping)
  const keyAt = (position: number): string | undefined =>
    Object.entries(mapping.positions).find(([, mapped]) => mapped === position)?.[0]
  const show = (cell: string, position?: number): string =>
    makeHarmless(position === undefined ? cell : keepOwnMarks(cell, keyAt(position)))
  const rejected = evaluation.rows.filter((row) => row.outcome === 'rejected')
  return {
    columns: [...names.map((name) => show(name)), 'rowNumber', 'line', 'errorCode', 'errorNumber', 'errorMessage'],
    rows: rejected.map((row) => {
      const cells = cellsOf(row.record)
      return {
        cells: cells === null ? null : names.map((_, position) => show(cells[position] ?? '', position)),
        beyond: (cells ?? []).slice(names.length, Math.max(names.length, MOST_COLUMNS)),
        rowNumber: String(row.rowNumber),
        line: String(row.line),
        errorCode: row.codes.join('; '),
        errorNumber: row.codes.map((code) => NUMBERS[code]).join('; '),
      }
    }),
  }
}

/**
 * What reads the report drops one `'` wherever the report may have put it. The file's own gets another one there: of notes
 * at the start, where nothing is dropped from them in a file that is no report, and of every mapped cell amid it.
 */
function keepOwnMarks(cell: string, key: string | undefined): string {
  if (key === undefined) return cell
  const characters = [...trimUnseen(cell)]
  const isMarked = (i: number): boolean => beginsCell(characters, i) && isTextMark(characters, i)
  const places = characters.flatMap((_, i) => (isMarked(i) ? [i] : []))
  if (!places.some((i) => i > 0 || key === 'details')) return cell
  return characters.map((character, i) => (places.includes(i) ? `'${character}` : character)).join('')
}

function isTextMark(characters: readonly string[], i: number): boolean {
  if (characters[i] !== "'") return false
  const behind = characters.slice(i)
  while (behind[0] === "'") behind.shift()
  if (runsAsFormula(behind)) return true
  const first = behind.find((character) => !isSkipped(character))
  return i === 0 && (behind[0] === '\t' || behind[0] === '\r' || (first !== undefined && /\p{Nd}/u.test(first)))
}

function beginsCell(characters: readonly string[], i: number): boolean {
  return i === 0 || [';', '\t', '\r', '\n'].includes(characters[i - 1] ?? '')
}

/** Character by character, from the first to the last. */
function makeHarmless(cell: string): string {
  const characters = [...cell]
  let shown = ''
  characters.forEach((character, i) => {
    if (beginsCell(characters, i) && runsAsFormula(characters.slice(i))) shown += "'"
    shown += character
  })
  return shown.startsWith('\t') || shown.startsWith('\r') ? `'${shown}` : shown
}

function runsAsFormula(characters: readonly string[]): boolean {
  const first = characters.find((character) => !isSkipped(character))
  return first !== undefined && '=+-@\uff1d\uff0b\uff0d\uff20'.includes(first)
}

/** Blanks and what cannot be seen, but not what ends a cell. */
function isSkipped(character: string): boolean {
  if (character === '\t' || character === '\r' || character === '\n') return false
  return /[\p{Cf}\p{Zs}\p{Zl}\p{Zp}]/u.test(character) || character < ' ' || character === '\x7f'
}

function nameColumns(
  header: readonly string[] | null,
  first: SourceRecord | undefined,
  mapping: ColumnMapping,
): string[] {
  const mapped = Object.entries(mapping.positions)
  const lengthOfFirst = first?.kind === 'cells' ? Math.min(first.cells.length, MOST_COLUMNS) : 0
  const width = Math.max(header?.length ?? lengthOfFirst, ...mapped.map(([, position]) => position + 1))
  return Array.from(
    { length: width },
    (_, n) => header?.[n] ?? mapped.find(([, position]) => position === n)?.[0] ?? '',
  )
}

/** A record that could not be split has its raw text in the first column. */
function cellsOf(record: SourceRecord): readonly string[] | null {
  if (record.kind === 'cells') return record.cells
  return record.raw === null ? null : [record.raw]
}
