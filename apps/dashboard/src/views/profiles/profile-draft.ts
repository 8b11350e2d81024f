import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  pickProfileOptions,
  PROFILE_OPTIONS,
  toProfileOptions,
  type ColumnKey,
} from '@importer/contracts'

import type { AnswerOf, CallOf } from '../../api/client.ts'
import type { Identifiers } from '../new-import/settings.ts'

export type Profile = AnswerOf<'showImportProfile'>
export type ProfileOptions = CallOf<'saveImportProfile'>['body']

/** Where a column stands, as somebody types it: names one a line, or a position from 1. */
export interface ColumnDraft {
  readonly by: 'none' | 'name' | 'position'
  readonly text: string
}

/** What somebody types; an empty text: the profile does not say so. */
export type ProfileDraft = Readonly<Record<Exclude<keyof ProfileOptions, 'uploadHeaders'>, string>> & {
  readonly columns: Readonly<Record<ColumnKey, ColumnDraft>>
}

const OPTIONS = PROFILE_OPTIONS.filter((name) => name !== 'uploadHeaders')
const NOWHERE: ColumnDraft = { by: 'none', text: '' }
/** What is so anyway needs no saying. */
const USUAL = { hasHeader: 'auto', delimiter: 'auto', skipLines: '0', encoding: 'utf-8', onSameFile: 'accept' }

export function draftProfile(profile: Profile): ProfileDraft {
  const { uploadHeaders = {}, ...options } = profile
  const usual: Readonly<Record<string, string>> = USUAL
  const texts = OPTIONS.map((name) => [name, String(options[name] ?? '')] as const)
  return {
    ...Object.fromEntries(texts.map(([name, text]) => [name, text === usual[name] ? '' : text])),
    columns: Object.fromEntries(COLUMN_KEYS.map((key) => [key, draftColumn(uploadHeaders[key])])),
  } as ProfileDraft
}

function draftColumn(column: number | string | readonly string[] | undefined): ColumnDraft {
  if (column === undefined) return NOWHERE
  if (typeof column === 'number') return { by: 'position', text: String(column + 1) }
  // Names are the same without blanks, and so without line ends.
  const names = typeof column === 'string' ? [column] : column
  return { by: 'name', text: names.map((name) => name.replaceAll(/\s+/g, ' ')).join('\n') }
}

/** The body that saves it. What the server refuses it says itself. */
export function optionsOf({ columns, delimiter, ...texts }: ProfileDraft): ProfileOptions {
  const fields = Object.entries(texts).map(([name, text]) => [name, text.trim()] as const)
  const uploadHeaders = COLUMN_KEYS.flatMap((key) => {
    const column = readColumn(columns[key])
    return column === undefined ? [] : [[key, column] as const]
  })
  return {
    ...toProfileOptions({ ...Object.fromEntries(fields), delimiter }),
    ...(uploadHeaders.length > 0 && { uploadHeaders: Object.fromEntries(uploadHeaders) }),
  }
}

function readColumn({ by, text }: ColumnDraft): number | string | string[] | undefined {
  if (by === 'none') return undefined
  if (by === 'position') return Number(text) - 1
  const names = text
    .split('\n')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const [only, ...others] = names
  return only !== undefined && others.length === 0 ? only : names
}

const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>) => Object.keys(record) as Key[]

/** Which of the columns can name customer and coupon, and which one does. */
export function identifiersOfDraft({ columns, customerIdentifier, couponIdentifier }: ProfileDraft): Identifiers {
  const customers = keysOf(CUSTOMER_IDENTIFIERS).filter((one) => columns[CUSTOMER_IDENTIFIERS[one]].by !== 'none')
  const coupons = keysOf(COUPON_IDENTIFIERS).filter((one) => columns[COUPON_IDENTIFIERS[one]].by !== 'none')
  return {
    customers,
    coupons,
    customer: customers.find((one) => one === customerIdentifier) ?? customers[0] ?? null,
    coupon: coupons.find((one) => one === couponIdentifier) ?? coupons[0] ?? null,
  }
}

/** What one version says that another says differently, or does not say. */
export function namesOfChanges(one: Profile, other: Profile): string[] {
  const said = (profile: Profile) =>
    new Map(Object.entries(pickProfileOptions(profile)).map(([name, value]) => [name, JSON.stringify(value)]))
  const [before, after] = [said(one), said(other)]
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))
}

/** `uploadHeaders` as `upload headers`. */
export function wordOption(name: string): string {
  return name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()
}
