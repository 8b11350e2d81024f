import JSON5 from 'json5'

import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  MAX_COLUMN_POSITION,
  type ColumnKey,
  type ColumnPositions,
  type CouponIdentifier,
  type CustomerIdentifier,
} from './columns.ts'
import type { FieldFault } from './fault-codes.ts'
import { scanMembers } from './scan-members.ts'
import { showText } from './show-text.ts'
import { isStorableText } from './storable.ts'

const FIELD = 'uploadHeaders'
const KNOWN: ReadonlySet<string> = new Set(COLUMN_KEYS)

export type UploadHeadersResult =
  | { readonly ok: true; readonly positions: ColumnPositions }
  | { readonly ok: false; readonly faults: FieldFault[] }

/** A column: its position, the name that it has in the file's header, or several names, of which the first that is there counts. */
export type ColumnReference = number | string | readonly string[]

/** Where each column stands. */
export type ColumnReferences = Readonly<Partial<Record<ColumnKey, ColumnReference>>>

export type ColumnReferencesResult =
  | { readonly ok: true; readonly columns: ColumnReferences }
  | { readonly ok: false; readonly faults: FieldFault[] }

const MAX_NAME_CHARACTERS = 255
/** How many names one column may have. */
export const MAX_COLUMN_NAMES = 20

/** A number of JSON that is not negative: JSON5 has others, such as 0x2 and +2. */
const JSON_NUMBER = /^(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Reads `uploadHeaders`: an object from column key to column position, counted from 0.
 *
 * The documented samples are no strict JSON (single quotes, unquoted keys), so the text is read as JSON5; positions are
 * numbers of strict JSON all the same, and a key stands there once. All faults are reported at once. The identifiers are `undefined` when the client sent none that is known; the
 * key that they would make mandatory is then not required.
 */
export function parseUploadHeaders(
  text: string,
  customerIdentifier: CustomerIdentifier | undefined,
  couponIdentifier: CouponIdentifier | undefined,
): UploadHeadersResult {
  const result = parseColumns(text, customerIdentifier, couponIdentifier, false)
  // Without names every column is a position.
  return result.ok ? { ok: true, positions: result.columns as ColumnPositions } : result
}

/** As {@link parseUploadHeaders}, but a column may also be given by the name, or the names, that it has in the file's header. */
export function parseColumnReferences(
  text: string,
  customerIdentifier: CustomerIdentifier | undefined,
  couponIdentifier: CouponIdentifier | undefined,
): ColumnReferencesResult {
  return parseColumns(text, customerIdentifier, couponIdentifier, true)
}

function parseColumns(
  text: string,
  customerIdentifier: CustomerIdentifier | undefined,
  couponIdentifier: CouponIdentifier | undefined,
  allowNames: boolean,
): ColumnReferencesResult {
  const expected = `expected an object of column positions such as {"redeemedDateInMillis": 0, "redeemedAt": 1}`
  let value: unknown
  try {
    value = JSON5.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^JSON5: /, '') : 'it cannot be read'
    return fail([{ code: 'INVALID_JSON', field: FIELD, message: `uploadHeaders is not JSON (${reason}); ${expected}` }])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail([{ code: 'INVALID_JSON', field: FIELD, message: `uploadHeaders is not an object; ${expected}` }])
  }

  const values = value as Record<string, unknown>
  const members = scanMembers(text).map(({ key, text: written }) => ({ key, value: values[key], written }))
  return checkMembers(members, customerIdentifier, couponIdentifier, allowNames)
}

/** Checks columns that came as JSON, as {@link parseColumnReferences} does those that came as text. */
export function checkColumnReferences(
  columns: Readonly<Record<string, unknown>>,
  customerIdentifier: CustomerIdentifier | undefined,
  couponIdentifier: CouponIdentifier | undefined,
): ColumnReferencesResult {
  const members = Object.entries(columns).map(([key, value]) => ({ key, value, written: JSON.stringify(value) }))
  return checkMembers(members, customerIdentifier, couponIdentifier, true)
}

interface Member {
  readonly key: string
  readonly value: unknown
  readonly written: string
}

function checkMembers(
  members: readonly Member[],
  customerIdentifier: CustomerIdentifier | undefined,
  couponIdentifier: CouponIdentifier | undefined,
  allowNames: boolean,
): ColumnReferencesResult {
  const faults: FieldFault[] = []
  const columns: Partial<Record<ColumnKey, ColumnReference>> = {}
  const takenBy = new Map<string, string>()
  function takeColumn(key: ColumnKey, column: ColumnReference): void {
    const taken = JSON.stringify(column)
    const other = takenBy.get(taken)
    if (other !== undefined) {
      const shown = typeof column === 'number' ? String(column) : showText(taken)
      faults.push({
        code: 'DUPLICATE_POSITION',
        field: FIELD,
        message: `uploadHeaders.${key} and uploadHeaders.${other} both have position ${shown}; expected every position once`,
      })
    }
    takenBy.set(taken, key)
    columns[key] = column
  }

  const seen = new Set<string>()
  for (const { key, value, written } of members) {
    if (seen.has(key)) {
      faults.push({
        code: 'DUPLICATE_KEY',
        field: FIELD,
        message: `uploadHeaders has the key "${showText(key)}" more than once; expected every key once`,
      })
      continue
    }
    seen.add(key)
    if (!KNOWN.has(key)) {
      faults.push({
        code: 'UNKNOWN_KEY',
        field: FIELD,
        message: `uploadHeaders has the unknown key "${showText(key)}"; expected ${COLUMN_KEYS.join(', ')}`,
      })
      continue
    }
    const column = isPosition(value, written) ? value : allowNames ? readNames(value) : undefined
    if (column !== undefined) {
      takeColumn(key as ColumnKey, column)
      continue
    }
    faults.push({
      code: 'INVALID_POSITION',
      field: FIELD,
      message: `uploadHeaders.${key} is ${showText(written)}; expected a whole number from 0 to ${MAX_COLUMN_POSITION}${allowNames ? ', or the name of a column' : ''}`,
    })
    // It stands there, however wrongly: it must not be reported as missing as well.
    columns[key as ColumnKey] = -1
  }

  for (const key of mandatoryKeys(customerIdentifier, couponIdentifier)) {
    if (columns[key] === undefined) {
      faults.push({
        code: 'MISSING_KEY',
        field: FIELD,
        message: `uploadHeaders lacks the key "${key}"; expected its column position, from 0`,
      })
    }
  }
  return faults.length > 0 ? fail(faults) : { ok: true, columns }
}

/** The keys that must be mapped: the declared customer's and coupon's, the date and the till. */
export function mandatoryKeys(
  customerIdentifier: CustomerIdentifier | undefined,
  couponIdentifier: CouponIdentifier | undefined,
): ColumnKey[] {
  const keys: ColumnKey[] = []
  if (customerIdentifier) keys.push(CUSTOMER_IDENTIFIERS[customerIdentifier])
  if (couponIdentifier) keys.push(COUPON_IDENTIFIERS[couponIdentifier])
  keys.push('redeemedDateInMillis', 'redeemedAt')
  return keys
}

function isPosition(value: unknown, written: string): value is number {
  return Number.isInteger(value) && JSON_NUMBER.test(written) && (value as number) <= MAX_COLUMN_POSITION
}

/** One name, or a list of them; undefined where it is neither. */
function readNames(value: unknown): string | readonly string[] | undefined {
  if (isColumnName(value)) return value.trim()
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_COLUMN_NAMES) return undefined
  return value.every(isColumnName) ? value.map((name) => name.trim()) : undefined
}

function isColumnName(value: unknown): value is string {
  return (
    typeof value === 'string' && value.trim() !== '' && value.length <= MAX_NAME_CHARACTERS && isStorableText(value)
  )
}

function fail(faults: FieldFault[]): { ok: false; faults: FieldFault[] } {
  return { ok: false, faults }
}
