import { expect, test } from 'vitest'

import type { CellRules, ColumnKey } from './columns.ts'
import { findLikelyCause, LIKELY_CAUSES } from './find-likely-cause.ts'
import { adviseOn, codeOf, decodeRowError, describeRowError, encodeRowError } from './row-errors.ts'
import { ROW_RULES, type RowErrorReason } from './row-rules.ts'

const DATE = 'redeemedDateInMillis'

/** What a person finds in a report, and by which words of it the cause is found. */
const VALUES: readonly [reason: RowErrorReason, field: ColumnKey, value: string, says: RegExp, rules?: CellRules][] = [
  ['date_in_seconds', DATE, '1732500000', /"1732500000".*seconds, which dateFormat=epochSeconds/],
  ['date_in_future', DATE, '1732500000000000', /microseconds/],
  ['date_in_future', DATE, '1732500000000000000', /nanoseconds/],
  ['date_not_millis', DATE, '2024-11-25T02:00:00Z', /dateFormat=iso8601/],
  ['date_not_millis', DATE, '25/11/2024 02:00', /dateFormat=dd\/MM\/yyyy or MM\/dd\/yyyy/],
  ['date_not_millis', DATE, '2024/11/25', /dateFormat=yyyy\/MM\/dd/],
  ['date_not_millis', DATE, '45621.0833', /spreadsheet keeps a date/],
  ['date_too_early', DATE, '45621', /spreadsheet keeps a date/],
  ['date_in_future', DATE, '20241125020000', /dateFormat=yyyyMMddHHmmss/],
  ['date_too_early', DATE, '20241125', /dateFormat=yyyyMMdd/],
  ['date_not_millis', DATE, '1.7325E+12', /spreadsheet shortened.*digits are lost/],
  ['date_not_millis', DATE, '1,7325E+12', /spreadsheet shortened/],
  ['date_not_millis', DATE, '1732500000000.5', /fraction/],
  ['date_not_millis', DATE, '1 732 500 252 000', /thousands separators/],
  ['date_not_millis', DATE, '1\u202f732\u202f500\u202f252\u202f000', /thousands separators/],
  ['date_not_millis', DATE, 'Totals:', /totals/],
  ['date_not_millis', DATE, 'Gesamt', /totals/],
  ['date_not_millis', DATE, 'Date (UTC+05:30)', /header/],
  ['date_not_millis', DATE, '#N/A', /error of a spreadsheet/],
  ['date_not_millis', DATE, '########', /error of a spreadsheet/],
  ['date_not_millis', DATE, '1732500000000', /milliseconds, which dateFormat=epochMillis/, { dateFormat: 'iso8601' }],
  [
    'date_in_future',
    DATE,
    '1732500563000',
    /milliseconds, which dateFormat=epochMillis/,
    { dateFormat: 'epochSeconds' },
  ],
  ['date_not_millis', DATE, '2024-11-25', /dateFormat=dd\/MM\/yyyy.*dateFormat=iso8601/, { dateFormat: 'dd/MM/yyyy' }],
  ['date_not_in_calendar', DATE, '05/31/2026', /the other way round/, { dateFormat: 'dd/MM/yyyy' }],
  ['date_not_in_calendar', DATE, '31.5.26 18:45', /the other way round/, { dateFormat: 'M.d.yy HH:mm' }],
  ['date_not_in_calendar', DATE, '31/05/2026 6:45 PM', /the other way round/, { dateFormat: 'MM/dd/yyyy h:mm a' }],
  ['date_not_millis', DATE, '5/31/2026 18:45', /another format/, { dateFormat: 'dd.MM.yyyy HH:mm' }],
  ['date_not_millis', DATE, '31.05.2026', /another format/, { dateFormat: 'dd.MM.yyyy HH:mm' }],
  ['date_not_millis', DATE, '2026/05/31', /another format/, { dateFormat: 'dd/MM/yyyy' }],
  ['date_not_existing', DATE, '31/03/2024 02:30', /does not exist.*clocks/, { dateFormat: 'dd/MM/yyyy HH:mm' }],
  ['date_without_offset', DATE, '2024-11-25T02:00:00', /timeZone/, { dateFormat: 'iso8601' }],
  ['date_not_in_calendar', DATE, '31/11/2024', /no day or time/, { dateFormat: 'dd/MM/yyyy' }],
  ['not_a_number', 'redeemedAt', '50,015,001', /thousands separators/],
  ['not_a_number', 'redeemedAt', "50'015'005", /thousands separators/],
  ['not_a_number', 'redeemedAt', '50.015.004', /thousands separators/],
  ['not_a_number', 'userId', '1,73,25,000', /thousands separators/],
  ['not_a_number', 'redeemedAt', '12,5', /fraction/],
  ['not_a_number', 'redeemedAt', '#REF!', /error of a spreadsheet/],
  ['not_a_number', 'couponId', '9.0072E+15', /spreadsheet shortened/],
  ['not_a_number', 'redeemedAt', 'Till no. 1', /header/],
  ['customer_not_found', 'mobile', '9800000002', /country code.*defaultCountry/],
  ['customer_not_found', 'mobile', '098000 00003', /country code/],
  ['customer_not_found', 'mobile', '9.198E+11', /spreadsheet shortened/],
  ['customer_not_found', 'mobile', '#NV', /error of a spreadsheet/],
  ['coupon_not_found', 'couponCode', '#VALUE!', /error of a spreadsheet/],
]

test.each([...VALUES])('%s of %s %s', (reason, field, value, says, rules = {}) => {
  const error = decodeRowError(encodeRowError({ reason, field }))
  const message = describeRowError(error, value, rules)
  expect(message).toMatch(says)
  expect(message).not.toContain('; ')
  // What is advised goes with what the message says.
  const likely = Object.values(LIKELY_CAUSES).find(({ hint }) => message.endsWith(`: ${hint}`))
  const { cause, remedy } = likely ?? ROW_RULES[codeOf(error)]
  expect(adviseOn(error, value, rules)).toEqual({ cause, remedy })
})

test('each cause that a value may show is one that some value above shows', () => {
  const shown = Object.keys(LIKELY_CAUSES).filter((cause) =>
    VALUES.some(([, field, value, , rules = {}]) => findLikelyCause(field, value, rules) === cause),
  )
  expect(shown).toEqual(Object.keys(LIKELY_CAUSES))
})

test.each<[RowErrorReason, ColumnKey, string, CellRules?]>([
  ['date_not_millis', DATE, 'soon'],
  ['not_a_number', 'redeemedAt', '-5'],
  ['customer_not_found', 'mobile', '919800000001'],
  ['customer_not_found', 'mobile', '+49 9800000'],
  ['customer_not_found', 'mobile', '9800000002', { defaultCountry: 'IN' }],
  ['coupon_not_found', 'couponCode', 'TOTAL-10'],
  ['date_not_in_calendar', DATE, '31/02/2026', { dateFormat: 'dd/MM/yyyy' }],
  ['date_not_in_calendar', DATE, '31/40/2026', { dateFormat: 'dd/MM/yyyy' }],
  ['date_not_in_calendar', DATE, '2026/13/05', { dateFormat: 'yyyy/MM/dd' }],
  ['date_not_in_calendar', DATE, '26/13/05', { dateFormat: 'yy/MM/dd' }],
  ['date_not_in_calendar', DATE, '05/31/26', { dateFormat: 'yy/MM/dd' }],
])('%s of %s %s: nothing is guessed', (reason, field, value, rules = {}) => {
  expect(describeRowError({ reason, field }, value, rules)).not.toContain(': ')
})
