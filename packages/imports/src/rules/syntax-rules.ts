import {
  COLUMN_KEYS,
  COUPON_IDENTIFIERS,
  CUSTOMER_IDENTIFIERS,
  describeColumn,
  encodeRowError,
  type ColumnKey,
  type ColumnMapping,
  type ReasonFoundBy,
  type RowErrorReason,
} from '@importer/contracts'

/** What the rules look at: the mapped cells as they are read, and what reading the date came to. */
export interface ReadCells {
  readonly texts: Partial<Record<ColumnKey, string>>
  /** Null where the date is good or empty. */
  readonly dateFault: ReasonFoundBy<'date'> | null
}

/** One rule of a row's own text: `find` says why the row breaks it, null: it does not. */
export interface SyntaxRule {
  readonly field: ColumnKey
  readonly find: (row: ReadCells) => RowErrorReason | null
}

const WHOLE_NUMBER = /^\d+$/
const ID_KEYS: readonly ColumnKey[] = ['redeemedAt', 'userId', 'couponId']

/** Of each reason that is found here when a row has it. Reports list errors in this order. */
const RULES: Record<ReasonFoundBy<'syntax'> | 'date', (mapping: ColumnMapping) => SyntaxRule[]> = {
  value_missing: () =>
    (['redeemedDateInMillis', 'redeemedAt'] as const).map((field) => ({
      field,
      find: ({ texts }) => (texts[field] ? null : 'value_missing'),
    })),
  customer_missing: (mapping) => [
    rejectAllEmpty('customer_missing', mapping, CUSTOMER_IDENTIFIERS, mapping.customerIdentifier),
  ],
  coupon_missing: (mapping) => [
    rejectAllEmpty('coupon_missing', mapping, COUPON_IDENTIFIERS, mapping.couponIdentifier),
  ],
  date: () => [{ field: 'redeemedDateInMillis', find: (row) => row.dateFault }],
  not_a_number: (mapping) =>
    ID_KEYS.filter((key) => isMapped(mapping, key)).map((field) => ({
      field,
      find({ texts }) {
        const text = texts[field]
        return text && !WHOLE_NUMBER.test(text) ? 'not_a_number' : null
      },
    })),
  over_255: (mapping) => rejectLonger('over_255', mapping, 255),
  over_1000: (mapping) => rejectLonger('over_1000', mapping, 1000),
}

/** Every rule of syntax for the columns that are mapped. No row can be rejected without a reason: both follow from it. */
export function createSyntaxRules(mapping: ColumnMapping): readonly SyntaxRule[] {
  return Object.values(RULES).flatMap((rulesFor) => rulesFor(mapping))
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

function isMapped({ positions }: ColumnMapping, key: ColumnKey): boolean {
  return positions[key] !== undefined
}

function rejectAllEmpty<Identifier extends string>(
  reason: RowErrorReason,
  mapping: ColumnMapping,
  keysByIdentifier: Readonly<Record<Identifier, ColumnKey>>,
  declared: Identifier,
): SyntaxRule {
  const keys = Object.values<ColumnKey>(keysByIdentifier).filter((key) => isMapped(mapping, key))
  return {
    field: keysByIdentifier[declared],
    find: ({ texts }) => (keys.some((key) => texts[key]) ? null : reason),
  }
}

function rejectLonger(reason: RowErrorReason, mapping: ColumnMapping, max: 255 | 1000): SyntaxRule[] {
  const keys = COLUMN_KEYS.filter((key) => isMapped(mapping, key) && describeColumn(key).maxLength === max)
  return keys.map((field) => ({
    field,
    find({ texts }) {
      const text = texts[field]
      // UTF-16 units are never fewer than characters: counting characters is needed only beyond the limit.
      return text && text.length > max && [...text].length > max ? reason : null
    },
  }))
}
