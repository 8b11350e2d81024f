/**
 * What contract sections 6 and 7 say becomes of each record of a file, as slowly and plainly as can be: one record after
 * the other, everything in memory, every look-up a walk over a list. It is what the real importer is held against, so it
 * shares no code with it, only names.
 *
 * Readings chosen where the contract leaves a point open:
 *  1. "In this order" holds within a step too. Syntax errors are listed as the table names them: empty values (date,
 *     till, customer, coupon), the date, ids, lengths; one rule hitting several columns lists them in the order in which
 *     section 4 names the keys. Each fault is an error of its own, so a code can stand twice in a row.
 *  2. A record without one of its mandatory columns (date, till, declared customer, declared coupon) has exactly one
 *     error, MALFORMED_ROW, whatever else its cells hold. Its field is the missing column with the lowest position.
 *     An absent column is not an empty one: it is a fault even where another identifier has a value.
 *  3. An unreadable record has exactly one error and no field. NUL is INVALID_ENCODING, all else MALFORMED_ROW.
 *  4. Header cells are trimmed before they are looked at, and any script's digits are digits. Records before a header that
 *     could be no row are skipped. The cases here have no unreadable record before a header.
 *  5. Cells are read as reference-cells.ts says, quoted ones too. Records of nothing but empty cells, and records equal to
 *     the header, are no rows.
 *  6. Ids are `userId`, `couponId` and `redeemedAt`; `billId` is text. An id is digits only and compares as a number
 *     (007 is 7), of any size. The date is digits only too, unless the upload says otherwise (reference-dates.ts). Ids and
 *     date have no limit of length.
 *  7. Length counts characters (code points), after trimming. Every mapped cell is checked, also an identifier
 *     that another one takes precedence over.
 *  8. "Before 2000" is before 2000-01-01T00:00:00.000Z; "more than a day after" is beyond created + 86,400,000 ms.
 *  9. `externalId` compares exactly. "Without case" means Unicode's case, not ASCII's alone.
 * 10. In mobiles blanks, what cannot be seen, dashes, dots, slashes and brackets go first, then one leading + or 00.
 *     Anything else stays and so differs.
 * 11. Only inserted rows are "recorded": what repeats a rejected row is evaluated anew.
 * 12. The instants at which series and coupons begin and end belong to their time. A date without a time begins with
 *     that day and ends with it, for series as for coupons.
 * 13. The series' default of 1 is for an absent column; an empty cell is no limit. An empty status is ACTIVE.
 * 14. A rule error's field is the date's for SERIES_NOT_ACTIVE and COUPON_EXPIRED, else the coupon identifier's in use.
 */
import type { ColumnKey, ColumnMapping, RowErrorCode } from '@importer/contracts'

import { isEmptyRecord, readCellSlowly, trimUnseen } from './reference-cells.ts'
import { readDateSlowly } from './reference-dates.ts'
import {
  digitsOfMobile,
  plainId,
  readReference,
  codeAsSeen,
  withoutCase,
  type KnownCoupon,
  type KnownReference,
  type Reference,
} from './reference-data.ts'

/** One record as the file holds it. `line` is the physical line where it starts, from 1. */
export type SourceRecord =
  | { readonly kind: 'cells'; readonly line: number; readonly cells: readonly string[] }
  | {
      readonly kind: 'unreadable'
      readonly line: number
      readonly code: 'MALFORMED_ROW' | 'INVALID_ENCODING'
      /** The text that stands in the report's first column; null where the contract leaves that open. */
      readonly raw: string | null
    }

/** A redemption that is in the books. Ids are decimal text without leading zeros, the time is epoch ms. */
export interface Recorded {
  readonly couponId: string
  readonly customerId: string
  readonly tillId: string
  readonly redeemedAtMs: number
}

export interface EvaluatedError {
  readonly code: RowErrorCode
  readonly field: ColumnKey | null
}

export interface EvaluatedRow {
  readonly rowNumber: number
  readonly line: number
  readonly outcome: 'inserted' | 'duplicate' | 'rejected'
  /** In report order, as `errors`. */
  readonly codes: readonly RowErrorCode[]
  readonly errors: readonly EvaluatedError[]
  readonly record: SourceRecord
  /** What the row says was redeemed; null where it could not be resolved. */
  readonly redemption: Recorded | null
}

export interface EvaluationInput {
  readonly createdAtMs: number
  readonly mapping: ColumnMapping
  /** The series in the upload's path. */
  readonly seriesId: number | string
  readonly reference: Reference
  /** What earlier imports inserted. */
  readonly recorded: readonly Recorded[]
  /** All records of the file, blank lines left out, a header record included. */
  readonly records: readonly SourceRecord[]
}

export interface Evaluation {
  readonly header: readonly string[] | null
  readonly rows: readonly EvaluatedRow[]
  /** `recorded` of the input and what this file added: the next file's input. */
  readonly recorded: readonly Recorded[]
}

const DAY_MS = 86_400_000
const YEAR_2000_MS = Date.UTC(2000, 0, 1)
const MOST_CHARACTERS = 255
const MOST_CHARACTERS_OF_DETAILS = 1000

const CUSTOMER_KEY = { MOBILE: 'mobile', EXTERNAL_ID: 'externalId', EMAIL: 'email', USER_ID: 'userId' } as const
const COUPON_KEY = { COUPON_ID: 'couponId', COUPON_CODE: 'couponCode' } as const

type CustomerKey = (typeof CUSTOMER_KEY)[keyof typeof CUSTOMER_KEY]
type CouponKey = (typeof COUPON_KEY)[keyof typeof COUPON_KEY]

/** Evaluates every data record of a file, in file order. Never throws on what a file can hold. */
export function evaluate(input: EvaluationInput): Evaluation {
  const reference = readReference(input.reference)
  const records = input.records.filter((record) => record.kind === 'unreadable' || !isEmptyRecord(record.cells))
  const headerAt = findHeader(records, input.mapping)
  const found = records[headerAt]
  const header = found?.kind === 'cells' ? found.cells : null
  const recorded = [...input.recorded]
  const rows: EvaluatedRow[] = []
  for (const record of records.slice(headerAt + 1)) {
    if (header !== null && record.kind === 'cells' && isSameRecord(record.cells, header)) continue
    const evaluated = evaluateRecord(record, input, reference, recorded)
    if (evaluated.outcome === 'inserted' && evaluated.redemption !== null) recorded.push(evaluated.redemption)
    const codes = evaluated.errors.map((error) => error.code)
    rows.push({ rowNumber: rows.length + 1, line: record.line, record, codes, ...evaluated })
  }
  return { header, rows, recorded }
}

function isHeader(cells: readonly string[], mapping: ColumnMapping): boolean {
  const date = trimUnseen(cellOf(cells, mapping.positions.redeemedDateInMillis))
  const till = trimUnseen(cellOf(cells, mapping.positions.redeemedAt))
  return date !== '' && till !== '' && !/\p{Nd}/u.test(date) && !/\p{Nd}/u.test(till)
}

/** Where the header stands; -1: there is none. */
function findHeader(records: readonly SourceRecord[], mapping: ColumnMapping): number {
  for (const [index, record] of records.slice(0, 10).entries()) {
    if (record.kind === 'unreadable') break
    const date = trimUnseen(cellOf(record.cells, mapping.positions.redeemedDateInMillis))
    const till = trimUnseen(cellOf(record.cells, mapping.positions.redeemedAt))
    const isTitle = date === '' || till === '' || findMissingColumn(record.cells, mapping) !== null
    if (!isTitle && isHeader(record.cells, mapping)) return index
    if (!isTitle) break
  }
  const [first] = records
  return first?.kind === 'cells' && isHeader(first.cells, mapping) ? 0 : -1
}

function isSameRecord(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((cell, at) => trimUnseen(cell) === trimUnseen(other[at] ?? ''))
}

type EvaluatedRecord = Pick<EvaluatedRow, 'outcome' | 'errors' | 'redemption'>

function evaluateRecord(
  record: SourceRecord,
  { mapping, createdAtMs, seriesId }: EvaluationInput,
  reference: KnownReference,
  recorded: readonly Recorded[],
): EvaluatedRecord {
  if (record.kind === 'unreadable') return reject([{ code: record.code, field: null }])
  const missing = findMissingColumn(record.cells, mapping)
  if (missing !== null) return reject([{ code: 'MALFORMED_ROW', field: missing }])

  const row = readRow(record.cells, mapping)
  const syntaxErrors = checkSyntax(row, mapping, createdAtMs)
  if (syntaxErrors.length > 0) return reject(syntaxErrors)

  const resolutionErrors: EvaluatedError[] = []
  const customer = findCustomer(row, mapping, reference)
  if (customer.id === null) resolutionErrors.push({ code: 'CUSTOMER_NOT_FOUND', field: customer.key })
  const coupon = findCoupon(row, plainId(String(seriesId)), reference)
  if (coupon.found === null) resolutionErrors.push({ code: coupon.code, field: coupon.key })
  const till = reference.tills.find((each) => each.id === plainId(row.redeemedAt ?? ''))
  if (till === undefined) resolutionErrors.push({ code: 'TILL_NOT_FOUND', field: 'redeemedAt' })
  if (customer.id === null || coupon.found === null || till === undefined) return reject(resolutionErrors)

  const redemption: Recorded = {
    couponId: coupon.found.id,
    customerId: customer.id,
    tillId: till.id,
    redeemedAtMs: readDate(row.redeemedDateInMillis ?? '', mapping) ?? Number.NaN,
  }
  if (recorded.some((earlier) => isSameRedemption(earlier, redemption))) {
    return { outcome: 'duplicate', errors: [], redemption }
  }
  const broken = findBrokenRule(redemption, coupon.found, reference, recorded)
  if (broken === null) return { outcome: 'inserted', errors: [], redemption }
  const isAboutTime = broken === 'SERIES_NOT_ACTIVE' || broken === 'COUPON_EXPIRED'
  return {
    outcome: 'rejected',
    errors: [{ code: broken, field: isAboutTime ? 'redeemedDateInMillis' : coupon.key }],
    redemption,
  }
}

function reject(errors: readonly EvaluatedError[]): EvaluatedRecord {
  return { outcome: 'rejected', errors, redemption: null }
}

// --- The cells ---

/** The mapped cells that the row has, trimmed; a key that is not mapped is absent. */
type Row = Partial<Record<ColumnKey, string>>

function readRow(cells: readonly string[], mapping: ColumnMapping): Row {
  const row: Row = {}
  for (const [key, position] of Object.entries(mapping.positions)) {
    row[key as ColumnKey] = readCellSlowly(key as ColumnKey, cellOf(cells, position))
  }
  return row
}

function cellOf(cells: readonly string[], position: number | undefined): string {
  return position === undefined ? '' : (cells[position] ?? '')
}

function findMissingColumn(cells: readonly string[], mapping: ColumnMapping): ColumnKey | null {
  const mandatory: ColumnKey[] = [
    'redeemedDateInMillis',
    'redeemedAt',
    CUSTOMER_KEY[mapping.customerIdentifier],
    COUPON_KEY[mapping.couponIdentifier],
  ]
  const positionOf = (key: ColumnKey): number => mapping.positions[key] ?? -1
  const missing = mandatory.filter((key) => positionOf(key) >= cells.length)
  missing.sort((one, other) => positionOf(one) - positionOf(other))
  return missing[0] ?? null
}

// --- Syntax ---

function checkSyntax(row: Row, mapping: ColumnMapping, createdAtMs: number): EvaluatedError[] {
  const errors: EvaluatedError[] = []
  if (row.redeemedDateInMillis === '') errors.push({ code: 'MISSING_VALUE', field: 'redeemedDateInMillis' })
  if (row.redeemedAt === '') errors.push({ code: 'MISSING_VALUE', field: 'redeemedAt' })
  if (!row.userId && !row.mobile && !row.email && !row.externalId) {
    errors.push({ code: 'MISSING_VALUE', field: CUSTOMER_KEY[mapping.customerIdentifier] })
  }
  if (!row.couponId && !row.couponCode) {
    errors.push({ code: 'MISSING_VALUE', field: COUPON_KEY[mapping.couponIdentifier] })
  }
  if (row.redeemedDateInMillis && !isGoodDate(readDate(row.redeemedDateInMillis, mapping), createdAtMs)) {
    errors.push({ code: 'INVALID_DATE', field: 'redeemedDateInMillis' })
  }
  for (const key of ['userId', 'couponId', 'redeemedAt'] as const) {
    const text = row[key]
    if (text && !/^[0-9]+$/.test(text)) errors.push({ code: 'INVALID_NUMBER', field: key })
  }
  for (const key of ['mobile', 'email', 'externalId', 'couponCode', 'billId', 'billNumber', 'details'] as const) {
    const most = key === 'details' ? MOST_CHARACTERS_OF_DETAILS : MOST_CHARACTERS
    if ([...(row[key] ?? '')].length > most) errors.push({ code: 'VALUE_TOO_LONG', field: key })
  }
  return errors
}

/** Seconds need no look of their own: read as milliseconds they are before 2000. */
function isGoodDate(ms: number | null, createdAtMs: number): boolean {
  return ms !== null && ms >= YEAR_2000_MS && ms <= createdAtMs + DAY_MS
}

function readDate(text: string, { dateFormat = 'epochMillis', timeZone }: ColumnMapping): number | null {
  return readDateSlowly(text, dateFormat, timeZone)
}

// --- Resolution ---

interface CustomerSearch {
  readonly key: CustomerKey
  /** null: there is no such customer. */
  readonly id: string | null
}

function findCustomer(row: Row, mapping: ColumnMapping, reference: KnownReference): CustomerSearch {
  const declared = CUSTOMER_KEY[mapping.customerIdentifier]
  const precedence = ['userId', declared, 'mobile', 'email', 'externalId'] as const
  const key = precedence.find((each) => row[each]) ?? declared
  const text = row[key] ?? ''
  const found = reference.customers.find((customer) => {
    if (key === 'userId') return customer.id === plainId(text)
    if (customer[key] === '') return false
    if (key === 'mobile') return customer.mobile === digitsOfMobile(text, mapping.defaultCountry)
    if (key === 'email') return customer.email === withoutCase(text)
    return customer.externalId === text
  })
  return { key, id: found?.id ?? null }
}

type CouponSearch =
  | { readonly key: CouponKey; readonly found: KnownCoupon }
  | { readonly key: CouponKey; readonly found: null; readonly code: 'COUPON_NOT_FOUND' | 'COUPON_NOT_IN_SERIES' }

function findCoupon(row: Row, seriesId: string, reference: KnownReference): CouponSearch {
  const key = row.couponId ? 'couponId' : 'couponCode'
  const text = row[key] ?? ''
  const ofThatName = reference.coupons.filter((coupon) =>
    key === 'couponId' ? coupon.id === plainId(text) : coupon.code !== '' && coupon.code === codeAsSeen(text),
  )
  const found = ofThatName.find((coupon) => coupon.seriesId === seriesId)
  if (found !== undefined) return { key, found }
  return { key, found: null, code: ofThatName.length > 0 ? 'COUPON_NOT_IN_SERIES' : 'COUPON_NOT_FOUND' }
}

// --- Duplicates and rules ---

function isSameRedemption(one: Recorded, other: Recorded): boolean {
  return (
    one.couponId === other.couponId &&
    one.customerId === other.customerId &&
    one.tillId === other.tillId &&
    one.redeemedAtMs === other.redeemedAtMs
  )
}

function findBrokenRule(
  redemption: Recorded,
  coupon: KnownCoupon,
  reference: KnownReference,
  recorded: readonly Recorded[],
): RowErrorCode | null {
  if (coupon.isRevoked) return 'COUPON_REVOKED'
  if (coupon.holder !== null && coupon.holder !== redemption.customerId) return 'COUPON_NOT_ISSUED_TO_CUSTOMER'

  const series = reference.series.find((each) => each.id === coupon.seriesId)
  if (series === undefined) throw new Error(`the reference data lacks the series ${coupon.seriesId}`)
  if (redemption.redeemedAtMs < series.beginsAtMs) return 'SERIES_NOT_ACTIVE'
  if (redemption.redeemedAtMs > series.endsAtMs) return 'SERIES_NOT_ACTIVE'
  if (redemption.redeemedAtMs > coupon.endsAtMs) return 'COUPON_EXPIRED'

  const used = recorded.filter((earlier) => earlier.couponId === redemption.couponId).length
  if (used < series.limit) return null
  return series.limit === 1 ? 'COUPON_ALREADY_REDEEMED' : 'REDEMPTION_LIMIT_REACHED'
}
