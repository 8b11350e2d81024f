import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  describeColumn,
  encodeRowError,
  type ColumnKey,
  type ColumnMapping,
  type RowErrorReason,
} from '@importer/contracts'

/** What the rules look at: the mapped cells as they are read, and what reading the date came to. */
export interface ReadCells {
  readonly texts: Partial<Record<ColumnKey, string>>
  /** Null where the date is good or empty. */
  readonly dateFault: RowErrorReason | null
}

/** One rule of a row's own text: `find` says why the row breaks it, null: it does not. */
export interface SyntaxRule {
  readonly field: ColumnKey
  readonly find: (row: ReadCells) => RowErrorReason | null
}

const WHOLE_NUMBER = /^\d+$/
const TOO_LONG = { 255: 'over_255', 1000: 'over_1000' } as const satisfies Record<number, RowErrorReason>
const CUSTOMER_KEYS = Object.values(CUSTOMER_IDENTIFIERS)
const COUPON_KEYS = Object.values(COUPON_IDENTIFIERS)
const ID_KEYS: readonly ColumnKey[] = ['redeemedAt', 'userId', 'couponId']

/**
 * Every rule of syntax for the columns that are mapped, in the order in which reports list their errors. Whether a row is
 * good and what is wrong with a bad one follow from this one table: no row can be rejected without a reason.
 */
export function createSyntaxRules(mapping: ColumnMapping): readonly SyntaxRule[] {
  const isMapped = (key: ColumnKey): boolean => mapping.positions[key] !== undefined
  const customerKeys = CUSTOMER_KEYS.filter(isMapped)
  const couponKeys = COUPON_KEYS.filter(isMapped)
  return [
    rejectEmpty('redeemedDateInMillis'),
    rejectEmpty('redeemedAt'),
    rejectAllEmpty('customer_missing', CUSTOMER_IDENTIFIERS[mapping.customerIdentifier], customerKeys),
    rejectAllEmpty('coupon_missing', COUPON_IDENTIFIERS[mapping.couponIdentifier], couponKeys),
    { field: 'redeemedDateInMillis', find: (row) => row.dateFault },
    ...ID_KEYS.filter(isMapped).map(rejectNoNumber),
    ...COLUMN_KEYS.filter(isMapped).flatMap((key) => {
      const { maxLength } = describeColumn(key)
      return maxLength === undefined ? [] : [rejectLonger(TOO_LONG[maxLength], key, maxLength)]
    }),
  ]
}

/** Whether the row breaks a rule. */
export function breaksRule(rules: readonly SyntaxRule[], row: ReadCells): boolean {
  for (const rule of rules) if (rule.find(row) !== null) return true
  return false
}

/** Everything that is wrong with the row, encoded, in the order of the rules. */
export function listSyntaxErrors(rules: readonly SyntaxRule[], row: ReadCells): number[] {
  return rules.flatMap(({ field, find }) => {
    const reason = find(row)
    return reason === null ? [] : [encodeRowError({ reason, field })]
  })
}

function rejectEmpty(field: ColumnKey): SyntaxRule {
  return { field, find: ({ texts }) => (texts[field] ? null : 'value_missing') }
}

function rejectAllEmpty(reason: RowErrorReason, field: ColumnKey, keys: readonly ColumnKey[]): SyntaxRule {
  return { field, find: ({ texts }) => (keys.some((key) => texts[key]) ? null : reason) }
}

function rejectNoNumber(field: ColumnKey): SyntaxRule {
  return {
    field,
    find({ texts }) {
      const text = texts[field]
      return text && !WHOLE_NUMBER.test(text) ? 'not_a_number' : null
    },
  }
}

function rejectLonger(reason: RowErrorReason, field: ColumnKey, max: number): SyntaxRule {
  return {
    field,
    find({ texts }) {
      const text = texts[field]
      // UTF-16 units are never fewer than characters: counting characters is needed only beyond the limit.
      return text && text.length > max && [...text].length > max ? reason : null
    },
  }
}
