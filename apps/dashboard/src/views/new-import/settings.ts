import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  DEFAULT_DATE_FORMAT,
  isNamedDateFormat,
  type ColumnKey,
  type CouponIdentifier,
  type CustomerIdentifier,
} from '@importer/contracts'

import type { Inspection } from '../../api/inspect-file.ts'

/** What somebody has chosen. An empty text: as it is found out, or as the profile has it. */
export const NO_SETTINGS = {
  profile: '',
  hasHeader: '',
  delimiter: '',
  skipLines: '',
  encoding: '',
  dateFormat: '',
  timeZone: '',
  defaultCountry: '',
  customerIdentifier: '',
  couponIdentifier: '',
  maxErrors: '',
  onSameFile: '',
  details: '',
  /** What each column means, by its position; null: as it is guessed. */
  columns: null as ReadonlyMap<number, ColumnKey> | null,
}
export type Settings = Readonly<typeof NO_SETTINGS>

/** How the file is read: what the preview needs too. */
const READING = [
  'profile',
  'hasHeader',
  'delimiter',
  'skipLines',
  'encoding',
  'dateFormat',
  'timeZone',
  'defaultCountry',
] as const
/** What an upload says beside that. */
const UPLOADING = [...READING, 'maxErrors', 'onSameFile', 'details'] as const

export function readingFields(settings: Settings): Record<string, string> {
  return chosenOf(settings, READING)
}

function chosenOf(settings: Settings, names: typeof UPLOADING | typeof READING): Record<string, string> {
  return Object.fromEntries(names.filter((name) => settings[name] !== '').map((name) => [name, settings[name]]))
}

export type Columns = ReadonlyMap<number, ColumnKey>

/** What the columns mean: as somebody chose, or else as a profile says or as they are guessed. */
export function columnsOf(settings: Settings, inspection: Inspection | undefined): Columns {
  if (settings.columns !== null) return settings.columns
  const known = Object.entries(inspection?.uploadHeaders ?? {}) as [ColumnKey, number][]
  if (known.length > 0) return new Map(known.map(([key, position]) => [position, key]))
  const guessed = new Map<number, ColumnKey>()
  for (const { position, suggestedKey } of inspection?.columns ?? []) {
    if (suggestedKey !== null && ![...guessed.values()].includes(suggestedKey)) guessed.set(position, suggestedKey)
  }
  return guessed
}

/** Each meaning stands once: the column that had it before has none now. */
export function chooseColumn(columns: Columns, position: number, key: ColumnKey | null): Columns {
  const chosen = new Map([...columns].filter(([at, known]) => at !== position && known !== key))
  if (key !== null) chosen.set(position, key)
  return chosen
}

const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>) => Object.keys(record) as Key[]

export interface Identifiers {
  readonly customers: readonly CustomerIdentifier[]
  readonly coupons: readonly CouponIdentifier[]
  readonly customer: CustomerIdentifier | null
  readonly coupon: CouponIdentifier | null
}

/** Which of the mapped columns can name customer and coupon, and which one does. */
export function identifiersOf(settings: Settings, inspection: Inspection | undefined, columns: Columns): Identifiers {
  const mapped = new Set(columns.values())
  const customers = keysOf(CUSTOMER_IDENTIFIERS).filter((one) => mapped.has(CUSTOMER_IDENTIFIERS[one]))
  const coupons = keysOf(COUPON_IDENTIFIERS).filter((one) => mapped.has(COUPON_IDENTIFIERS[one]))
  const pick = <One extends string>(among: readonly One[], ...wanted: (string | null | undefined)[]): One | null =>
    among.find((one) => wanted.find((choice) => (among as readonly string[]).includes(choice ?? '')) === one) ??
    among[0] ??
    null
  return {
    customers,
    coupons,
    customer: pick(customers, settings.customerIdentifier, inspection?.customerIdentifier),
    coupon: pick(coupons, settings.couponIdentifier, inspection?.couponIdentifier),
  }
}

/** What the mapping lacks, in words. */
export function findMissing(
  settings: Settings,
  inspection: Inspection,
  columns: Columns,
  { customer, coupon }: Identifiers,
): string[] {
  const mapped = new Set(columns.values())
  const dateFormat = settings.dateFormat === '' ? (inspection.dateFormat ?? DEFAULT_DATE_FORMAT) : settings.dateFormat
  const timeZone = settings.timeZone === '' ? (inspection.timeZone ?? '') : settings.timeZone
  return [
    ...(customer === null ? ['the customer'] : []),
    ...(coupon === null ? ['the coupon'] : []),
    ...(mapped.has('redeemedDateInMillis') ? [] : ['date and time']),
    ...(mapped.has('redeemedAt') ? [] : ['the till']),
    ...(timeZone === '' && !isNamedDateFormat(dateFormat) ? ['the time zone of the dates'] : []),
  ]
}

export function uploadHeadersOf(columns: Columns): string {
  const positions = new Map([...columns].map(([position, key]) => [key, position]))
  return JSON.stringify(
    Object.fromEntries(COLUMN_KEYS.filter((key) => positions.has(key)).map((key) => [key, positions.get(key)])),
  )
}

/** All fields of an upload but the file. Dates are read as they look, where nobody has chosen how. */
export function uploadFields(
  settings: Settings,
  inspection: Inspection | undefined,
  columns: Columns,
  { customer, coupon }: Identifiers,
): Record<string, string> {
  const dateFormat = inspection?.dateFormat ?? DEFAULT_DATE_FORMAT
  const isOfProfile = settings.profile !== '' && settings.columns === null
  return {
    // What a profile gives is left to it.
    ...(!isOfProfile && {
      ...(customer !== null && { customerIdentifier: customer }),
      ...(coupon !== null && { couponIdentifier: coupon }),
      uploadHeaders: uploadHeadersOf(columns),
    }),
    ...(dateFormat !== DEFAULT_DATE_FORMAT && settings.profile === '' && { dateFormat }),
    ...chosenOf(settings, UPLOADING),
  }
}
