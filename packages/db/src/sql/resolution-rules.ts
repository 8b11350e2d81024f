import {
  COLUMNS,
  encodeRowError,
  ROW_ERROR_REASON_NAMES,
  type ColumnKey,
  type CouponKey,
  type CustomerKey,
  type ReasonFoundBy,
  type RowErrorReason,
} from '@importer/contracts'

import type { BatchShape, Parameter } from './commit-batch.ts'

interface RuleCondition {
  /** When a row `i`, whose customer, coupon and till were found, breaks the rule. */
  readonly when: string
  /** The column that the error names; `coupon`: the one that chose the coupon. */
  readonly field: ColumnKey | 'coupon'
}

const RULES: Record<ReasonFoundBy<'rule'>, RuleCondition> = {
  coupon_revoked: { when: 'i.revoked', field: 'coupon' },
  coupon_not_issued_to_customer: { when: 'i.issued_to <> i.customer_id', field: 'coupon' },
  series_not_active: {
    when: `i.redeemed_at < (SELECT valid_from FROM series_rules)
        OR i.redeemed_at > (SELECT valid_till FROM series_rules)`,
    field: 'redeemedDateInMillis',
  },
  coupon_expired: { when: 'i.redeemed_at > i.expires_at', field: 'redeemedDateInMillis' },
}

/** What speaks against a row that was found in full: of the rules that it breaks the first in the table of rules; else null. */
export function ruleErrorOf(shape: BatchShape): string {
  const cases = ROW_ERROR_REASON_NAMES.filter(isRule).map((reason) => {
    const { when, field } = RULES[reason]
    return `WHEN ${when} THEN ${field === 'coupon' ? couponError(shape, reason) : error(reason, field)}`
  })
  return `CASE
      WHEN i.errors IS NOT NULL THEN NULL
      ${cases.join('\n      ')}
    END`
}

function isRule(reason: RowErrorReason): reason is ReasonFoundBy<'rule'> {
  return Object.hasOwn(RULES, reason)
}

/** The errors by which a strategy rejects a row, as columns: they name the column that chose the coupon. */
export function limitErrorsOf(shape: BatchShape): string {
  const columns: Record<ReasonFoundBy<'limit'>, string> = {
    coupon_already_redeemed: 'already_redeemed',
    redemption_limit_reached: 'limit_reached',
  }
  return (Object.keys(columns) as ReasonFoundBy<'limit'>[])
    .map((reason) => `${couponError(shape, reason)} AS ${columns[reason]}`)
    .join(',\n    ')
}

/** Of each look-up the error of a row for which it found nothing. */
export const NOT_FOUND = {
  customer: (keys: readonly CustomerKey[]): string => pick(keys, (key) => error('customer_not_found', key)),
  coupon: (keys: readonly CouponKey[], p: Parameter): string =>
    pick(keys, (key) => {
      const absent = error('coupon_not_found', key)
      return `CASE WHEN ${isElsewhere(key, p)} THEN ${error('coupon_not_in_series', key)} ELSE ${absent} END`
    }),
  till: (): string => error('till_not_found', 'redeemedAt'),
}

/** Whether another series has the coupon. */
function isElsewhere(key: CouponKey, p: Parameter): string {
  return key === 'couponId'
    ? 'cp_id.elsewhere'
    : `(
               SELECT true FROM coupon c WHERE c.org_id = ${p('orgId', 'int')} AND c.code_key = i.coupon_code
               ORDER BY c.series_id LIMIT 1
             )`
}

function error(reason: RowErrorReason, field: ColumnKey): string {
  return `${encodeRowError({ reason, field })}::smallint`
}

/** An error that names the column that chose the coupon. */
function couponError(shape: BatchShape, reason: RowErrorReason): string {
  const [first, second] = shape.coupons
  if (first === undefined) throw new Error('a batch needs a coupon column')
  if (second === undefined) return error(reason, first)
  return `CASE WHEN i.by_coupon_id THEN ${error(reason, 'couponId')} ELSE ${error(reason, 'couponCode')} END`
}

/** The expression for the key whose column has this row's value; exactly one has. */
function pick<Key extends ColumnKey>(keys: readonly Key[], expression: (key: Key) => string): string {
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return expression(only)
  return `CASE ${keys.map((key) => `WHEN i.${COLUMNS[key].sqlColumn} IS NOT NULL THEN ${expression(key)}`).join(' ')} END`
}
