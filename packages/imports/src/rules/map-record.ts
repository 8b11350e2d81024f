import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  encodeRowError,
  mandatoryKeys,
  normalizeCouponCode,
  normalizeEmail,
  OPTIONAL_KEYS,
  type ColumnKey,
  type ColumnMapping,
  type CouponKey,
  type CustomerKey,
  type OptionalKey,
  type ReasonFoundBy,
} from '@importer/contracts'

import { createDateReader, dateFaultOf, type DateReader } from './dates/date-reader.ts'
import { cellReaderOf, isReportHeader } from './read-cell.ts'
import { loadMobileReader, type MobileReader } from './read-mobile.ts'
import { breaksRule, createSyntaxRules, listSyntaxErrors } from './syntax-rules.ts'

/** A row that can be looked up. Ids are whole numbers in text; texts that are absent are null. */
export interface MappedRow {
  customerKey: CustomerKey
  /** In the form in which customers are stored (identifiers.ts). */
  customer: string
  couponKey: CouponKey
  coupon: string
  till: string
  redeemedMs: number
  /** Of the optional columns those that the file has. */
  optional: Partial<Record<OptionalKey, string | null>>
}

/** Turns records into rows, for one import. */
export interface RecordMapper {
  readonly customerKeys: readonly CustomerKey[]
  readonly couponKeys: readonly CouponKey[]
  readonly optionalKeys: readonly OptionalKey[]
  /**
   * Null when the record is a row: it is then in `row`, which is the same object each time. Otherwise all its errors,
   * encoded, in the order in which reports list them.
   */
  map(cells: readonly string[]): number[] | null
  readonly row: Readonly<MappedRow>
}

const DAY_MS = 86_400_000

/** No id has more digits: a longer number is a whole number that no row can have. */
const MAX_ID_DIGITS = 18
const ID_OF_NOTHING = '-1'

const CUSTOMER_ORDER: readonly CustomerKey[] = ['mobile', 'email', 'externalId']

/** What an import's rows are read with; made once for it by {@link prepareReading}. */
export interface Reading {
  readonly mapping: ColumnMapping
  readonly readDate: DateReader
  readonly readMobile: MobileReader
  /** Whether the file is an error report sent again. */
  readonly isReport: boolean
}

/** `createdAtMs` is when the import was created: what "in the future" means does not change with the clock. */
export async function prepareReading(
  mapping: ColumnMapping,
  createdAtMs: number,
  header?: readonly string[],
): Promise<Reading> {
  return {
    mapping,
    readDate: createDateReader(mapping, createdAtMs + DAY_MS),
    readMobile: await loadMobileReader(mapping.defaultCountry),
    isReport: isReportHeader(header),
  }
}

export function createRecordMapper({ mapping, readDate, readMobile, isReport }: Reading): RecordMapper {
  const position = (key: ColumnKey): number => mapping.positions[key] ?? -1
  const declaredCustomer = CUSTOMER_IDENTIFIERS[mapping.customerIdentifier]
  const declaredCoupon = COUPON_IDENTIFIERS[mapping.couponIdentifier]
  const lastMandatory = mandatoryKeys(mapping.customerIdentifier, mapping.couponIdentifier)
    .map((key) => ({ key, position: position(key) }))
    .toSorted((a, b) => a.position - b.position)
  const mapped = COLUMN_KEYS.filter((key) => position(key) >= 0).map((key) => ({
    key,
    position: position(key),
    read: cellReaderOf(key, isReport),
  }))
  const customerKeys = orderCustomerKeys(declaredCustomer).filter((key) => position(key) >= 0)
  const couponKeys = (['couponId', 'couponCode'] as const).filter((key) => position(key) >= 0)
  const optionalKeys = OPTIONAL_KEYS.filter((key) => position(key) >= 0)
  const rules = createSyntaxRules(mapping)
  const texts: Partial<Record<ColumnKey, string>> = {}
  const read: { texts: typeof texts; dateFault: ReasonFoundBy<'date'> | null } = { texts, dateFault: null }
  const row: MappedRow = {
    customerKey: declaredCustomer,
    customer: '',
    couponKey: declaredCoupon,
    coupon: '',
    till: '',
    redeemedMs: 0,
    optional: {},
  }

  function map(cells: readonly string[]): number[] | null {
    const missing = lastMandatory.find((column) => column.position >= cells.length)
    if (missing !== undefined) return [encodeRowError({ reason: 'column_missing', field: missing.key })]
    for (const column of mapped) texts[column.key] = column.read(cells[column.position] ?? '')

    const date = texts.redeemedDateInMillis ?? ''
    const redeemedMs = date === '' ? 0 : readDate(date)
    read.dateFault = dateFaultOf(redeemedMs)
    if (breaksRule(rules, read)) return listSyntaxErrors(rules, read)

    const customerKey = customerKeys.find((key) => texts[key]) ?? declaredCustomer
    const couponKey = couponKeys.find((key) => texts[key]) ?? declaredCoupon
    row.customerKey = customerKey
    const customer = texts[customerKey] ?? ''
    row.customer = customerKey === 'mobile' ? readMobile(customer) : normalizeCustomer(customerKey, customer)
    row.couponKey = couponKey
    const coupon = texts[couponKey] ?? ''
    row.coupon = couponKey === 'couponId' ? toId(coupon) : normalizeCouponCode(coupon)
    row.till = toId(texts.redeemedAt ?? '')
    row.redeemedMs = redeemedMs
    for (const key of optionalKeys) row.optional[key] = texts[key] || null
    return null
  }

  return { customerKeys, couponKeys, optionalKeys, map, row }
}

/** `userId` first, then the declared one, then mobile, email, externalId. */
function orderCustomerKeys(declared: CustomerKey): CustomerKey[] {
  return [...new Set<CustomerKey>(['userId', declared, ...CUSTOMER_ORDER])]
}

function normalizeCustomer(key: Exclude<CustomerKey, 'mobile'>, text: string): string {
  switch (key) {
    case 'userId':
      return toId(text)
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
