import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  type ColumnKey,
  type CouponIdentifier,
  type CustomerIdentifier,
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
export interface ProfileDraft {
  readonly customerIdentifier: string
  readonly couponIdentifier: string
  readonly columns: Readonly<Record<ColumnKey, ColumnDraft>>
  readonly hasHeader: string
  readonly delimiter: string
  readonly skipLines: string
  readonly encoding: string
  readonly dateFormat: string
  readonly timeZone: string
  readonly defaultCountry: string
  readonly maxErrors: string
  readonly maxErrorRatio: string
  readonly onSameFile: string
  readonly callbackUrl: string
  readonly seriesId: string
}

const NOWHERE: ColumnDraft = { by: 'none', text: '' }
const textOf = (value: string | number | boolean | undefined): string => (value === undefined ? '' : String(value))
/** What is so anyway needs no saying. */
const unless = (usual: string, text: string): string => (text === usual ? '' : text)

export function draftProfile(profile: Profile): ProfileDraft {
  const { uploadHeaders = {} } = profile
  return {
    customerIdentifier: textOf(profile.customerIdentifier),
    couponIdentifier: textOf(profile.couponIdentifier),
    columns: Object.fromEntries(
      COLUMN_KEYS.map((key) => [key, draftColumn(uploadHeaders[key])]),
    ) as ProfileDraft['columns'],
    hasHeader: unless('auto', textOf(profile.hasHeader)),
    delimiter: unless('auto', textOf(profile.delimiter)),
    skipLines: unless('0', textOf(profile.skipLines)),
    encoding: unless('utf-8', textOf(profile.encoding)),
    dateFormat: textOf(profile.dateFormat),
    timeZone: textOf(profile.timeZone),
    defaultCountry: textOf(profile.defaultCountry),
    maxErrors: textOf(profile.maxErrors),
    maxErrorRatio: textOf(profile.maxErrorRatio),
    onSameFile: unless('accept', textOf(profile.onSameFile)),
    callbackUrl: textOf(profile.callbackUrl),
    seriesId: textOf(profile.seriesId),
  }
}

function draftColumn(column: number | string | readonly string[] | undefined): ColumnDraft {
  if (column === undefined) return NOWHERE
  if (typeof column === 'number') return { by: 'position', text: String(column + 1) }
  // Names are the same without blanks, and so without line ends.
  const names = typeof column === 'string' ? [column] : column
  return { by: 'name', text: names.map((name) => name.replaceAll(/\s+/g, ' ')).join('\n') }
}

/** The body that saves it. What the server refuses it says itself. */
export function optionsOf(draft: ProfileDraft): ProfileOptions {
  const columns = COLUMN_KEYS.flatMap((key) => {
    const column = readColumn(draft.columns[key])
    return column === undefined ? [] : [[key, column] as const]
  })
  const { customerIdentifier, couponIdentifier, hasHeader, encoding, onSameFile } = draft
  return {
    ...(customerIdentifier !== '' && { customerIdentifier: customerIdentifier as CustomerIdentifier }),
    ...(couponIdentifier !== '' && { couponIdentifier: couponIdentifier as CouponIdentifier }),
    ...(columns.length > 0 && { uploadHeaders: Object.fromEntries(columns) }),
    ...(hasHeader !== '' && { hasHeader: hasHeader === 'true' }),
    ...(draft.delimiter !== '' && { delimiter: draft.delimiter }),
    ...(draft.skipLines.trim() !== '' && { skipLines: Number(draft.skipLines) }),
    ...(encoding !== '' && { encoding: encoding as NonNullable<ProfileOptions['encoding']> }),
    ...(draft.dateFormat !== '' && { dateFormat: draft.dateFormat }),
    ...(draft.timeZone.trim() !== '' && { timeZone: draft.timeZone.trim() }),
    ...(draft.defaultCountry.trim() !== '' && { defaultCountry: draft.defaultCountry.trim() }),
    ...(draft.maxErrors.trim() !== '' && { maxErrors: Number(draft.maxErrors) }),
    ...(draft.maxErrorRatio.trim() !== '' && { maxErrorRatio: Number(draft.maxErrorRatio) }),
    ...(onSameFile !== '' && { onSameFile: onSameFile as NonNullable<ProfileOptions['onSameFile']> }),
    ...(draft.callbackUrl.trim() !== '' && { callbackUrl: draft.callbackUrl.trim() }),
    ...(draft.seriesId.trim() !== '' && { seriesId: Number(draft.seriesId) }),
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
  const said = ({ name: _name, version: _version, savedAt: _savedAt, savedBy: _savedBy, ...options }: Profile) =>
    new Map(Object.entries(options).map(([name, value]) => [name, JSON.stringify(value)]))
  const [before, after] = [said(one), said(other)]
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))
}

/** `uploadHeaders` as `upload headers`. */
export function wordOption(name: string): string {
  return name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()
}
