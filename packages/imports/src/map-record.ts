import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  encodeRowError,
  mandatoryKeys,
  normalizeCouponCode,
  normalizeEmail,
  normalizeMobile,
  type ColumnKey,
  type ColumnMapping,
  type CouponKey,
  type CustomerKey,
  type RowErrorReason,
} from '@importer/contracts'

import { readCell } from './read-cell.ts'

/** A row that can be looked up. Ids are whole numbers in text; texts that are absent are null. */
export interface MappedRow {
  customerKey: CustomerKey
  /** In the form in which customers are stored (identifiers.ts). */
  customer: string
  couponKey: CouponKey
  coupon: string
  till: string
  redeemedMs: number
  billId: string | null
  billNumber: string | null
  details: string | null
}

/** Turns records into rows, for one import. */
export interface RecordMapper {
  readonly customerKeys: readonly CustomerKey[]
  readonly couponKeys: readonly CouponKey[]
  /**
   * Null when the record is a row: it is then in `row`, which is the same object each time. Otherwise all its errors,
   * encoded, in the order in which reports list them.
   */
  map(cells: readonly string[]): number[] | null
  readonly row: Readonly<MappedRow>
}

const YEAR_2000_MS = 946_684_800_000
const DAY_MS = 86_400_000
const MAX_TEXT = 255
const MAX_DETAILS = 1000
const WHOLE_NUMBER = /^\d+$/

/** No id has more digits: a longer number is a whole number that no row can have. */
const MAX_ID_DIGITS = 18
const ID_OF_NOTHING = '-1'

const CUSTOMER_ORDER: readonly CustomerKey[] = ['mobile', 'email', 'externalId']
const TEXT_KEYS: readonly ColumnKey[] = ['mobile', 'email', 'externalId', 'couponCode', 'billId', 'billNumber']

/** `createdAtMs` is when the import was created: what "in the future" means does not change with the clock. */
export function createRecordMapper(mapping: ColumnMapping, createdAtMs: number): RecordMapper {
  const position = (key: ColumnKey): number => mapping.positions[key] ?? -1
  const declaredCustomer = CUSTOMER_IDENTIFIERS[mapping.customerIdentifier]
  const declaredCoupon = COUPON_IDENTIFIERS[mapping.couponIdentifier]
  const lastMandatory = mandatoryKeys(mapping.customerIdentifier, mapping.couponIdentifier)
    .map((key) => ({ key, position: position(key) }))
    .toSorted((a, b) => a.position - b.position)
  const mapped = COLUMN_KEYS.filter((key) => position(key) >= 0)
  const customerKeys = orderCustomerKeys(declaredCustomer).filter((key) => position(key) >= 0)
  const couponKeys = (['couponId', 'couponCode'] as const).filter((key) => position(key) >= 0)
  const latestMs = createdAtMs + DAY_MS

  const values: Partial<Record<ColumnKey, string>> = {}
  const row: MappedRow = {
    customerKey: declaredCustomer,
    customer: '',
    couponKey: declaredCoupon,
    coupon: '',
    till: '',
    redeemedMs: 0,
    billId: null,
    billNumber: null,
    details: null,
  }

  function map(cells: readonly string[]): number[] | null {
    const missing = lastMandatory.find((column) => column.position >= cells.length)
    if (missing !== undefined) return [encodeRowError({ reason: 'column_missing', field: missing.key })]
    for (const key of mapped) values[key] = readCell(cells[position(key)] ?? '')

    const customerKey = customerKeys.find((key) => values[key] !== '')
    const couponKey = couponKeys.find((key) => values[key] !== '')
    const date = values.redeemedDateInMillis ?? ''
    const till = values.redeemedAt ?? ''
    const dateFault = date === '' ? null : findDateFault(date, latestMs)

    if (
      customerKey === undefined ||
      couponKey === undefined ||
      date === '' ||
      till === '' ||
      dateFault !== null ||
      !WHOLE_NUMBER.test(till) ||
      isNoNumber(values.userId) ||
      isNoNumber(values.couponId) ||
      hasLongText(values)
    ) {
      return listErrors(values, { customerKey, couponKey, declaredCustomer, declaredCoupon, dateFault })
    }

    row.customerKey = customerKey
    row.customer = normalizeCustomer(customerKey, values[customerKey] ?? '')
    row.couponKey = couponKey
    const coupon = values[couponKey] ?? ''
    row.coupon = couponKey === 'couponId' ? toId(coupon) : normalizeCouponCode(coupon)
    row.till = toId(till)
    row.redeemedMs = Number(date)
    row.billId = values.billId || null
    row.billNumber = values.billNumber || null
    row.details = values.details || null
    return null
  }

  return { customerKeys, couponKeys, map, row }
}

/** `userId` first, then the declared one, then mobile, email, externalId. */
function orderCustomerKeys(declared: CustomerKey): CustomerKey[] {
  return [...new Set<CustomerKey>(['userId', declared, ...CUSTOMER_ORDER])]
}

function normalizeCustomer(key: CustomerKey, text: string): string {
  switch (key) {
    case 'userId':
      return toId(text)
    case 'mobile':
      return normalizeMobile(text)
    case 'email':
      return normalizeEmail(text)
    case 'externalId':
      return text
  }
}

function toId(digits: string): string {
  const significant = digits.startsWith('0') ? digits.replace(/^0+(?=\d)/, '') : digits
  return significant.length > MAX_ID_DIGITS ? ID_OF_NOTHING : significant
}

function isNoNumber(text: string | undefined): boolean {
  return text !== undefined && text !== '' && !WHOLE_NUMBER.test(text)
}

function isLongerThan(text: string | undefined, max: number): boolean {
  // UTF-16 units are never fewer than characters: counting characters is needed only beyond the limit.
  return text !== undefined && text.length > max && [...text].length > max
}

function hasLongText(values: Partial<Record<ColumnKey, string>>): boolean {
  return TEXT_KEYS.some((key) => isLongerThan(values[key], MAX_TEXT)) || isLongerThan(values.details, MAX_DETAILS)
}

function findDateFault(text: string, latestMs: number): RowErrorReason | null {
  if (!WHOLE_NUMBER.test(text)) return 'date_not_millis'
  const ms = Number(text)
  if (ms >= YEAR_2000_MS) return ms > latestMs ? 'date_in_future' : null
  return ms >= YEAR_2000_MS / 1000 && ms <= latestMs / 1000 ? 'date_in_seconds' : 'date_too_early'
}

/** The slow path: says everything that is wrong with a row. */
function listErrors(
  values: Partial<Record<ColumnKey, string>>,
  found: {
    customerKey: CustomerKey | undefined
    couponKey: CouponKey | undefined
    declaredCustomer: CustomerKey
    declaredCoupon: CouponKey
    dateFault: RowErrorReason | null
  },
): number[] {
  const errors: number[] = []
  const add = (reason: RowErrorReason, field: ColumnKey): void => {
    errors.push(encodeRowError({ reason, field }))
  }
  if (values.redeemedDateInMillis === '') add('value_missing', 'redeemedDateInMillis')
  if (values.redeemedAt === '') add('value_missing', 'redeemedAt')
  if (found.customerKey === undefined) add('customer_missing', found.declaredCustomer)
  if (found.couponKey === undefined) add('coupon_missing', found.declaredCoupon)
  if (found.dateFault !== null) add(found.dateFault, 'redeemedDateInMillis')
  for (const key of ['redeemedAt', 'userId', 'couponId'] as const) if (isNoNumber(values[key])) add('not_a_number', key)
  for (const key of TEXT_KEYS) if (isLongerThan(values[key], MAX_TEXT)) add('over_255', key)
  if (isLongerThan(values.details, MAX_DETAILS)) add('over_1000', 'details')
  return errors
}
