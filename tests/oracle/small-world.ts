/** What the tests of the model share: a small world, a good row and a short way to write verdicts. */
import type { ColumnKey, ColumnMapping } from '@importer/contracts'

import type { Reference } from './reference-data.ts'
import { evaluate, type EvaluatedRow, type Evaluation, type Recorded, type SourceRecord } from './reference-model.ts'

const KEYS = [
  ...(['redeemedDateInMillis', 'redeemedAt', 'userId', 'mobile', 'email', 'externalId'] as const),
  ...(['couponId', 'couponCode', 'billId', 'billNumber', 'details'] as const),
]
export const MAPPING: ColumnMapping = {
  customerIdentifier: 'MOBILE',
  couponIdentifier: 'COUPON_CODE',
  positions: Object.fromEntries(KEYS.map((key, position) => [key, position])),
}
const CREATED_AT_MS = Date.parse('2021-12-01T00:00:00Z')
export const GOOD = {
  redeemedDateInMillis: ms('2021-06-01T12:00:00Z'),
  redeemedAt: '10',
  mobile: '919876543210',
  couponCode: 'PLAIN',
}

export const REFERENCE: Reference = {
  series: [
    { id: '5', maxRedemptionsPerCoupon: '1', validFrom: '2021-01-10', validTill: '2021-11-20' },
    { id: '6', maxRedemptionsPerCoupon: '', validFrom: '', validTill: '' },
  ],
  customers: [
    { id: '1', mobile: '+91 98765-43210', email: 'Jo@Example.com', externalId: 'E-1' },
    { id: '2', mobile: '919000000002', email: 'zoë@example.com', externalId: 'E-2' },
    { id: '3', mobile: '', email: '', externalId: 'e-1' },
    { id: '4', mobile: '00(44) 20', email: '', externalId: '@four' },
  ],
  tills: [{ id: '10' }, { id: '11' }],
  coupons: [
    { id: '100', seriesId: '5', code: 'PLAIN', customerId: '', status: '', expiresAt: '' },
    { id: '101', seriesId: '5', code: 'Held', customerId: '2', status: 'ACTIVE', expiresAt: '' },
    { id: '102', seriesId: '5', code: 'GONE', customerId: '', status: 'REVOKED', expiresAt: '' },
    { id: '103', seriesId: '5', code: 'DAY', customerId: '', status: '', expiresAt: '2021-06-15' },
    { id: '104', seriesId: '5', code: 'NOON', customerId: '', status: '', expiresAt: '2021-06-15T12:00:00Z' },
    { id: '105', seriesId: '5', code: 'ALL', customerId: '2', status: 'REVOKED', expiresAt: '2021-02-01' },
    { id: '106', seriesId: '5', code: 'HELDOLD', customerId: '2', status: '', expiresAt: '2021-02-01' },
    { id: '107', seriesId: '5', code: 'OFFSET', customerId: '', status: '', expiresAt: '2021-06-15T12:00:00+05:30' },
    { id: '108', seriesId: '5', code: 'Été', customerId: '', status: '', expiresAt: ms('2021-06-15T12:00:00Z') },
    { id: '109', seriesId: '5', code: '@home', customerId: '', status: '', expiresAt: '' },
    { id: '110', seriesId: '5', code: '007', customerId: '', status: '', expiresAt: '' },
    { id: '111', seriesId: '5', code: '103', customerId: '', status: '', expiresAt: '' },
    { id: '200', seriesId: '6', code: 'plain', customerId: '', status: 'REVOKED', expiresAt: '' },
    { id: '201', seriesId: '6', code: 'OTHER', customerId: '', status: '', expiresAt: '' },
    { id: '9007199254740992', seriesId: '5', code: 'HUGE', customerId: '', status: '', expiresAt: '' },
  ],
}

export type Cells = Partial<Record<ColumnKey, string>>

export function ms(iso: string): string {
  return String(Date.parse(iso))
}

export function makeRecord(row: Cells, line = 1): SourceRecord {
  return { kind: 'cells', line, cells: KEYS.map((key) => row[key] ?? '') }
}

interface Circumstances {
  readonly mapping?: ColumnMapping
  readonly reference?: Reference
  readonly recorded?: readonly Recorded[]
}

export function evaluateRecords(records: readonly SourceRecord[], circumstances: Circumstances = {}): Evaluation {
  return evaluate({
    createdAtMs: CREATED_AT_MS,
    mapping: MAPPING,
    seriesId: 5,
    reference: REFERENCE,
    recorded: [],
    records,
    ...circumstances,
  })
}

/** `inserted`, `duplicate`, or the errors as `CODE field, CODE field`. */
export function sum(row: EvaluatedRow | undefined): string {
  if (row?.outcome !== 'rejected') return row?.outcome ?? 'nothing'
  return row.errors.map(({ code, field }) => (field === null ? code : `${code} ${field}`)).join(', ')
}
