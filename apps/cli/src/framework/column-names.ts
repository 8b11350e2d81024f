import { COLUMN_KEYS, type ColumnKey } from '@importer/contracts'

/** What people call columns, beside their keys. */
const SHORT_NAMES: Readonly<Record<string, ColumnKey>> = {
  code: 'couponCode',
  customer: 'userId',
  date: 'redeemedDateInMillis',
  till: 'redeemedAt',
  bill: 'billId',
}

/** The key of a column, from its key in any spelling (`bill-number`) or a short name; null: it is none. */
export function findColumnKey(name: string): ColumnKey | null {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '')
  return COLUMN_KEYS.find((key) => key.toLowerCase() === plain) ?? SHORT_NAMES[plain] ?? null
}
