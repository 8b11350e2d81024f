import {
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  mandatoryKeys,
  type ColumnKey,
  type CouponIdentifier,
  type CustomerIdentifier,
} from '@importer/contracts'

import { keyOfName } from './column-names.ts'
import { lookAtDates } from './date-look.ts'

/** A column as the importer reads it: its name, null where the file has no header, and cells of its first rows. */
export interface SampledColumn {
  readonly position: number
  readonly name: string | null
  /** Without the empty ones. */
  readonly samples: readonly string[]
}

/** What the upload says itself that customers and coupons are named by. */
export interface DeclaredIdentifiers {
  readonly customerIdentifier?: CustomerIdentifier | undefined
  readonly couponIdentifier?: CouponIdentifier | undefined
}

export interface GuessedColumns {
  /** By position; null: it is not sure what the column means. */
  readonly suggestedKeys: readonly (ColumnKey | null)[]
  readonly customerIdentifier: CustomerIdentifier | null
  readonly couponIdentifier: CouponIdentifier | null
  /** Every suggested key with its position; null while a mandatory one is missing. */
  readonly uploadHeaders: Readonly<Partial<Record<ColumnKey, number>>> | null
  readonly dateFormat: string | null
}

const WHOLE = /^\p{Nd}+(?:\.0+)?$/u
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const MOBILE = /^(?:\+|00)?[\d\s().\-/]{7,20}$/
/** Letters and digits in one word, which neither an id nor a word of a language is. */
const CODE = /^(?=.*\p{L})(?=.*\d)[\p{L}\p{N}_-]{4,40}$/u

/** What a column's cells must look like to mean this, whatever its name is. An empty column may mean anything. */
const FITS: Readonly<Partial<Record<ColumnKey, (samples: readonly string[]) => boolean>>> = {
  userId: mostly((text) => WHOLE.test(text)),
  couponId: mostly((text) => WHOLE.test(text)),
  redeemedAt: mostly((text) => WHOLE.test(text)),
  mobile: mostly((text) => MOBILE.test(text) && countDigits(text) >= 6),
  email: mostly((text) => EMAIL.test(text)),
  redeemedDateInMillis: (samples) => samples.length === 0 || lookAtDates(samples) !== null,
}

/** Keys that cells alone can show, where no name does: nothing else looks like them. */
const BY_LOOK: readonly (readonly [ColumnKey, (samples: readonly string[]) => boolean])[] = [
  ['redeemedDateInMillis', (samples) => lookAtDates(samples) !== null],
  ['email', (samples) => samples.every((text) => EMAIL.test(text))],
  ['mobile', (samples) => samples.every((text) => /^(?:\+|00)/.test(text) && MOBILE.test(text))],
  ['couponCode', (samples) => samples.every((text) => CODE.test(text))],
]

/**
 * What the columns of a file mean, by their names and by what their cells look like. A name decides unless the cells
 * speak against it; cells decide where no name does and only one column looks so. What two columns claim is nobody's.
 */
export function guessColumns(columns: readonly SampledColumn[], declared: DeclaredIdentifiers = {}): GuessedColumns {
  const byName = columns.map(({ name, samples }) => {
    const key = name === null ? null : keyOfName(name)
    return key !== null && (FITS[key]?.(samples) ?? true) ? key : null
  })
  const suggestedKeys = dropClaimedTwice(byName)
  for (const [key, looks] of BY_LOOK) {
    if (byName.includes(key)) continue
    const alike = columns.filter(({ samples }, i) => suggestedKeys[i] === null && samples.length > 0 && looks(samples))
    const [only] = alike
    if (only !== undefined && alike.length === 1) suggestedKeys[columns.indexOf(only)] = key
  }
  const known = new Set(suggestedKeys)
  const customerIdentifier = declared.customerIdentifier ?? findIdentifier(CUSTOMER_IDENTIFIERS, known)
  const couponIdentifier = declared.couponIdentifier ?? findIdentifier(COUPON_IDENTIFIERS, known)
  const isWhole =
    customerIdentifier !== null &&
    couponIdentifier !== null &&
    mandatoryKeys(customerIdentifier, couponIdentifier).every((key) => known.has(key))
  const dates = columns[suggestedKeys.indexOf('redeemedDateInMillis')]
  return {
    suggestedKeys,
    customerIdentifier,
    couponIdentifier,
    uploadHeaders: isWhole ? toUploadHeaders(columns, suggestedKeys) : null,
    dateFormat: dates === undefined ? null : (lookAtDates(dates.samples)?.dateFormat ?? null),
  }
}

function dropClaimedTwice(keys: readonly (ColumnKey | null)[]): (ColumnKey | null)[] {
  return keys.map((key) => (keys.indexOf(key) === keys.lastIndexOf(key) ? key : null))
}

/** The first of those identifiers, in their documented order, whose column is known. */
export function findIdentifier<Identifier extends string>(
  identifiers: Readonly<Record<Identifier, ColumnKey>>,
  known: ReadonlySet<ColumnKey | null>,
): Identifier | null {
  const names = Object.keys(identifiers) as Identifier[]
  return names.find((identifier) => known.has(identifiers[identifier])) ?? null
}

function toUploadHeaders(
  columns: readonly SampledColumn[],
  keys: readonly (ColumnKey | null)[],
): Partial<Record<ColumnKey, number>> {
  const headers: Partial<Record<ColumnKey, number>> = {}
  keys.forEach((key, i) => {
    const column = columns[i]
    if (key !== null && column !== undefined) headers[key] = column.position
  })
  return headers
}

/** A few cells may be wrong: finding them is what the import is for. */
function mostly(looks: (text: string) => boolean): (samples: readonly string[]) => boolean {
  return (samples) => samples.filter(looks).length * 2 >= samples.length
}

function countDigits(text: string): number {
  return text.replaceAll(/\D/g, '').length
}
