/** What the rows of `PUT /v1/reference` mean. The readings chosen are listed in reference-model.ts. */
import { readCellSlowly } from './reference-cells.ts'

/** A row of reference data: its cells by column name as the CSV has them; an absent key, an absent column. */
export type ReferenceRow = Readonly<Record<string, string>>

export interface Reference {
  readonly series: readonly ReferenceRow[]
  readonly customers: readonly ReferenceRow[]
  readonly tills: readonly ReferenceRow[]
  readonly coupons: readonly ReferenceRow[]
}

/** The same in the form in which rows are compared with it. Ids are decimal text without leading zeros. */
export interface KnownReference {
  readonly series: readonly {
    readonly id: string
    readonly limit: number
    readonly beginsAtMs: number
    readonly endsAtMs: number
  }[]
  readonly customers: readonly {
    readonly id: string
    readonly mobile: string
    readonly email: string
    readonly externalId: string
  }[]
  readonly tills: readonly { readonly id: string }[]
  readonly coupons: readonly KnownCoupon[]
}

export interface KnownCoupon {
  readonly id: string
  readonly seriesId: string
  readonly code: string
  /** The customer whom it was issued to; null for anybody. */
  readonly holder: string | null
  readonly isRevoked: boolean
  readonly endsAtMs: number
}

const DAY_MS = 86_400_000

/** Reference data after another `PUT`: absent columns are left alone, empty cells clear. */
export function updateReference(before: Reference, update: Partial<Reference>): Reference {
  return {
    series: upsert(before.series, update.series ?? []),
    customers: upsert(before.customers, update.customers ?? []),
    tills: upsert(before.tills, update.tills ?? []),
    coupons: upsert(before.coupons, update.coupons ?? []),
  }
}

function upsert(before: readonly ReferenceRow[], update: readonly ReferenceRow[]): ReferenceRow[] {
  const kept = before.map((row) => ({ ...row, ...update.find((newer) => newer['id'] === row['id']) }))
  return [...kept, ...update.filter((newer) => !before.some((row) => row['id'] === newer['id']))]
}

export function readReference(reference: Reference): KnownReference {
  return {
    series: reference.series.map((row) => ({
      id: plainId(row['id'] ?? ''),
      limit: readLimit(row['maxRedemptionsPerCoupon']),
      beginsAtMs: beginningOf(row['validFrom'] ?? ''),
      endsAtMs: endOf(row['validTill'] ?? ''),
    })),
    customers: reference.customers.map((row) => ({
      id: plainId(row['id'] ?? ''),
      mobile: digitsOfMobile(readCellSlowly('mobile', row['mobile'] ?? '')),
      email: withoutCase(row['email'] ?? ''),
      externalId: row['externalId'] ?? '',
    })),
    tills: reference.tills.map((row) => ({ id: plainId(row['id'] ?? '') })),
    coupons: reference.coupons.map((row) => ({
      id: plainId(row['id'] ?? ''),
      seriesId: plainId(row['seriesId'] ?? ''),
      code: codeAsSeen(row['code'] ?? ''),
      holder: row['customerId'] ? plainId(row['customerId']) : null,
      isRevoked: row['status'] === 'REVOKED',
      endsAtMs: endOf(row['expiresAt'] ?? ''),
    })),
  }
}

/** An absent column is the default of 1, an empty cell no limit. */
function readLimit(text: string | undefined): number {
  if (text === undefined) return 1
  return text === '' ? Infinity : Number(text)
}

/** The first millisecond of a time; an empty one has always begun. */
function beginningOf(text: string): number {
  if (text === '') return -Infinity
  return /^-?[0-9]+$/.test(text) ? Number(text) : Date.parse(text)
}

/** The last millisecond of a time; an empty one never ends. */
function endOf(text: string): number {
  if (text === '') return Infinity
  const isDateOnly = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)
  return isDateOnly ? beginningOf(text) + DAY_MS - 1 : beginningOf(text)
}

/** A whole number's digits without leading zeros, so that equal texts are equal numbers of any size. */
export function plainId(digits: string): string {
  return digits.replace(/^0+(?=[0-9])/, '')
}

export function withoutCase(text: string): string {
  return text.toLowerCase()
}

/** Without case, accents put together, nothing in it that cannot be seen. */
export function codeAsSeen(text: string): string {
  return withoutCase(text.replaceAll(/\p{Cf}/gu, '').normalize('NFC'))
}

/** With the digits of its country, which a mobile of the given one may lack: India's have ten, and a 0 before them at home. */
export function digitsOfMobile(text: string, country?: string): string {
  const joined = [...text].filter((character) => !/[\s\-\u2010-\u2015()[\]{}./]|\p{Cf}/u.test(character)).join('')
  if (joined.startsWith('+')) return joined.slice(1)
  if (joined.startsWith('00')) return joined.slice(2)
  if (country === undefined) return joined
  if (country !== 'IN') throw new Error(`the model does not know the mobiles of ${country}`)
  const national = /^0?([6-9][0-9]{9})$/.exec(joined)?.[1]
  return national === undefined ? joined : `91${national}`
}
