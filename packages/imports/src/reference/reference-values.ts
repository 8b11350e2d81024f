import {
  COUPON_STATUSES,
  isStorableInstant,
  MAX_INT4,
  normalizeEmail,
  normalizeMobile,
  showText,
} from '@importer/contracts'

export interface ValueFault {
  readonly code: 'MISSING_VALUE' | 'INVALID_NUMBER' | 'INVALID_DATE' | 'INVALID_VALUE' | 'VALUE_TOO_LONG'
  readonly message: string
}

/** A cell as PostgreSQL reads it (null: cleared), or what is wrong with it. */
export type ReferenceValue =
  | { readonly text: string | null; readonly fault?: undefined }
  | { readonly fault: ValueFault }

const MAX_TEXT = 255

/** The value of one column, by its name, from a trimmed cell. */
export function readReferenceValue(name: string, cell: string): ReferenceValue {
  switch (name) {
    case 'id':
    case 'seriesId':
      return cell === '' ? fail('MISSING_VALUE', `${name} is empty; expected a whole number`) : readId(name, cell)
    case 'customerId':
      return cell === '' ? CLEARED : readId(name, cell)
    case 'maxRedemptionsPerCoupon':
      return readLimit(cell)
    case 'validFrom':
      return readTime(name, cell, 'T00:00:00.000Z')
    case 'validTill':
    case 'expiresAt':
      // A date without a time ends with that day, UTC.
      return readTime(name, cell, 'T23:59:59.999Z')
    case 'status':
      return readStatus(cell)
    case 'code':
      return cell === ''
        ? fail('MISSING_VALUE', 'code is empty; expected the text of the coupon')
        : readText(name, cell)
    case 'mobile':
      return readNormalized(name, cell, normalizeMobile)
    case 'email':
      return readNormalized(name, cell, normalizeEmail)
    default:
      return cell === '' ? CLEARED : readText(name, cell)
  }
}

const CLEARED: ReferenceValue = { text: null }

function fail(code: ValueFault['code'], message: string): ReferenceValue {
  return { fault: { code, message } }
}

function readId(name: string, cell: string): ReferenceValue {
  if (!/^\d+$/.test(cell) || !Number.isSafeInteger(Number(cell))) {
    return fail(
      'INVALID_NUMBER',
      `${name} "${showText(cell)}" is no id; expected a whole number up to 9007199254740991`,
    )
  }
  return { text: String(Number(cell)) }
}

function readLimit(cell: string): ReferenceValue {
  if (cell === '') return CLEARED
  const limit = Number(cell)
  if (!/^\d+$/.test(cell) || limit < 1 || limit > MAX_INT4) {
    return fail(
      'INVALID_NUMBER',
      `maxRedemptionsPerCoupon "${showText(cell)}" is no limit; expected a whole number from 1, or nothing for no limit`,
    )
  }
  return { text: String(limit) }
}

function readStatus(cell: string): ReferenceValue {
  const status = COUPON_STATUSES.find((known) => known === cell.toUpperCase())
  if (cell !== '' && status === undefined) {
    return fail('INVALID_VALUE', `status "${showText(cell)}" is unknown; expected ${COUPON_STATUSES.join(' or ')}`)
  }
  return { text: status === 'REVOKED' ? 'true' : 'false' }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
/** ISO 8601's basic format. */
const BASIC_DATE = /^(?<year>(?:19|20|21)\d\d)(?<month>0[1-9]|1[0-2])(?<day>0[1-9]|[12]\d|3[01])$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?$/i

/**
 * ISO 8601 (without a zone: UTC) or epoch milliseconds. A number of 5 to 11 digits would be a time before 1974, in which no
 * coupon is: it is seconds or a spreadsheet's serial date, and refused. Of a bare date, `timeOfDay` says which instant is meant.
 */
function readTime(name: string, cell: string, timeOfDay: string): ReferenceValue {
  if (cell === '') return CLEARED
  const ms = parseTime(cell, timeOfDay)
  if (!isStorableInstant(ms)) {
    return fail(
      'INVALID_DATE',
      `${name} "${showText(cell)}" is no time; expected ISO 8601 such as 2026-12-31, or epoch milliseconds`,
    )
  }
  return { text: new Date(ms).toISOString() }
}

function parseTime(cell: string, timeOfDay: string): number {
  const basic = BASIC_DATE.exec(cell)?.groups
  if (basic !== undefined) return parseTime(`${basic['year']}-${basic['month']}-${basic['day']}`, timeOfDay)
  if (/^-\d{5,}$/.test(cell) || /^\d{1,3}$/.test(cell) || /^\d{12,}$/.test(cell)) return Number(cell)
  if (DATE.test(cell)) return parseExactly(`${cell}${timeOfDay}`, cell)
  const zone = DATE_TIME.exec(cell)
  if (zone === null) return Number.NaN
  return parseExactly(`${cell.replace(' ', 'T').toUpperCase()}${zone.groups?.['zone'] === undefined ? 'Z' : ''}`, cell)
}

/** Date.parse takes 30 February for 2 March: a day that the calendar does not have is no time. */
function parseExactly(iso: string, cell: string): number {
  const day = new Date(`${cell.slice(0, 10)}T00:00:00.000Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== cell.slice(0, 10)) return Number.NaN
  return Date.parse(iso)
}

function readText(name: string, cell: string): ReferenceValue {
  return cell.length > MAX_TEXT && [...cell].length > MAX_TEXT
    ? fail('VALUE_TOO_LONG', `${name} "${showText(cell)}" is too long; expected at most ${MAX_TEXT} characters`)
    : { text: cell }
}

function readNormalized(name: string, cell: string, normalize: (text: string) => string): ReferenceValue {
  if (cell === '') return CLEARED
  const text = normalize(cell)
  if (text === '')
    return fail('INVALID_VALUE', `${name} "${showText(cell)}" holds nothing to compare; expected a ${name}`)
  return readText(name, text)
}
