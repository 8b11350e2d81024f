/** What no generated case reaches. All else of the model is held by the system, with which every case compares it. */
import { expect, it } from 'vitest'

import { evaluate, type SourceRecord } from './reference-model.ts'

const CREATED_AT_MS = Date.UTC(2021, 11, 1)
const LATEST = String(CREATED_AT_MS + 86_400_000)

const cells = (...texts: string[]): SourceRecord => ({ kind: 'cells', line: 1, cells: texts })
const torn: SourceRecord = { kind: 'unreadable', line: 1, code: 'MALFORMED_ROW', raw: '"' }

it.each<[string, SourceRecord[], string[]]>([
  ['a whole day after the upload', [cells(LATEST, '', '1', '1')], ['MISSING_VALUE']],
  [
    'a header without a name of the till',
    [cells('date', ' ', 'user', '1')],
    ['MISSING_VALUE INVALID_DATE INVALID_NUMBER'],
  ],
  [
    'a header behind a record that cannot be read',
    [torn, cells('date', 'till', '1', '1')],
    ['MALFORMED_ROW', 'INVALID_DATE INVALID_NUMBER'],
  ],
])('%s', (_, records, expected) => {
  const { rows } = evaluate({
    createdAtMs: CREATED_AT_MS,
    mapping: {
      customerIdentifier: 'USER_ID',
      couponIdentifier: 'COUPON_ID',
      positions: { redeemedDateInMillis: 0, redeemedAt: 1, userId: 2, couponId: 3 },
    },
    seriesId: 5,
    reference: { series: [], customers: [], tills: [], coupons: [] },
    recorded: [],
    records,
  })
  expect(rows.map(({ codes }) => codes.join(' '))).toEqual(expected)
})
