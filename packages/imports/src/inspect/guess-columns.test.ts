import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createDateReader } from '../rules/dates/date-reader.ts'
import { lookAtDates } from './date-look.ts'
import { guessColumns, type SampledColumn } from './guess-columns.ts'

function table(...columns: [name: string | null, ...samples: string[]][]): SampledColumn[] {
  return columns.map(([name, ...samples], position) => ({ position, name, samples }))
}

describe('the meaning of columns', () => {
  test.each([
    [
      'English, as the documented API speaks',
      [
        ['redeemedDateInMillis', '1603263535000'],
        ['redeemedAt', '17'],
        ['mobile', '919999999999'],
        ['couponCode', 'SPRING1'],
      ],
      ['redeemedDateInMillis', 'redeemedAt', 'mobile', 'couponCode'],
    ],
    [
      'German, with blanks and punctuation',
      [
        ['Einlösedatum', '21.10.2020 09:00'],
        ['Kassen-Nr.', '17'],
        ['Kunden E-Mail', 'a@example.com'],
        ['Gutschein-Nummer', 'X1'],
        ['Bon Nr', 'B-1'],
      ],
      ['redeemedDateInMillis', 'redeemedAt', 'email', 'couponCode', 'billNumber'],
    ],
    [
      'French',
      [
        ['Date/Heure', '2020-10-21T09:00:00Z'],
        ['N° de caisse', '4'],
        ['Téléphone', '+33 6 12 34 56 78'],
        ['Code promo', 'ETE'],
        ['Remarques'],
      ],
      ['redeemedDateInMillis', 'redeemedAt', 'mobile', 'couponCode', 'details'],
    ],
    [
      'Spanish, in capitals and with underscores',
      [
        ['FECHA_HORA', '1603263535'],
        ['TIENDA', '12'],
        ['ID_CLIENTE', '7'],
        ['CODIGO_CUPON', 'ABC'],
      ],
      ['redeemedDateInMillis', 'redeemedAt', 'userId', 'couponCode'],
    ],
    [
      'no header: what only one column can be',
      [
        [null, '1603263535000', '1603263599000'],
        [null, '17', '18'],
        [null, '+49 151 2345678', '0049 151 9876543'],
        [null, 'SPRING-1', 'SPRING-2'],
      ],
      ['redeemedDateInMillis', null, 'mobile', 'couponCode'],
    ],
    [
      'a name whose cells speak against it',
      [
        ['Date', 'Monday'],
        ['Store', 'Berlin'],
        ['Email', '919999999999'],
      ],
      [null, null, null],
    ],
    [
      'two columns that claim the same',
      [
        ['Phone', '+49 151 2345678'],
        ['Mobile', '+49 151 2345678'],
      ],
      [null, null],
    ],
  ] as [string, [string | null, ...string[]][], (string | null)[]][])('%s', (_name, columns, expected) => {
    expect(guessColumns(table(...columns)).suggestedKeys).toEqual(expected)
  })

  test('become an uploadHeaders only when nothing mandatory is missing', () => {
    const whole = guessColumns(
      table(['Phone', '+49 151 2345678'], ['x', 'y'], ['Code', 'A1'], ['Date', '1603263535000'], ['Till', '17']),
    )
    expect(whole).toMatchObject({
      customerIdentifier: 'MOBILE',
      couponIdentifier: 'COUPON_CODE',
      uploadHeaders: { mobile: 0, couponCode: 2, redeemedDateInMillis: 3, redeemedAt: 4 },
      dateFormat: 'epochMillis',
    })
    expect(guessColumns(table(['Phone', '+49 151 2345678'], ['Code', 'A1']))).toMatchObject({ uploadHeaders: null })
  })
})

test.each([
  [['1603263535000'], 'epochMillis', false],
  [['1603263535', '1603263536'], 'epochSeconds', false],
  [['2020-10-21T09:00:00Z', '2020-10-21 09:00:00+02:00'], 'iso8601', false],
  [['2020-10-21 09:00:00'], 'iso8601', true],
  [['21.10.2020 09:00:00', '03.04.2020 10:00:00'], 'dd.MM.yyyy HH:mm:ss', true],
  [['1.2.20', '13.2.20'], 'd.M.yy', true],
  [['03/04/2020 9:05 PM', '03/25/2020 9:05 AM'], 'MM/dd/yyyy h:mm a', true],
  [['25/03/2020', '03/04/2020'], 'dd/MM/yyyy', true],
  [['2020/03/04 10:11'], 'yyyy/MM/dd HH:mm', true],
  // Cells of a workbook that are dates: these are read by their value, so texts beside them decide.
  [['2020-10-21T09:00:00[Europe/Berlin]', '2020-10-22T09:00:00.500[Europe/Berlin]'], 'iso8601', true],
  [['2020-10-21T09:00:00[UTC]', '2020-10-22T09:00:00[UTC]', 'unknown'], 'iso8601', true],
  [['2020-10-21T09:00:00[UTC]', '2020-10-22T09:00:00[UTC]', '25.10.2020 09:05'], 'dd.MM.yyyy HH:mm', true],
  [['2020/3/4', '2020/12/31'], 'yyyy/M/d', true],
  [['25/3/4', '26/11/25'], 'yy/M/d', true],
  [['2020-10-10', '2020-10-11', '2020-10-9'], 'yyyy-M-d', true],
  [['2020-10-10 10:05', '2020-10-11 11:00', '2020-10-12 9:05'], 'yyyy-M-d H:mm', true],
  [['11/25/26', '11/27/26'], 'M/d/yy', true],
  [['03/04/26', '11/25/26'], 'MM/dd/yy', true],
  [['1/11/26', '13/11/26'], 'd/M/yy', true],
  [['32/11/26', '26/11/05'], 'yy/MM/dd', true],
  [['03.25.2020', '03.04.2020'], 'MM.dd.yyyy', true],
  [['2020/25/03', '2020/04/03'], 'yyyy/dd/MM', true],
  // A cell that is a date in no order says nothing of the others: the import will reject it.
  [['25/03/2020', '03/04/2020', '26/04/2020', '99/99/2020', 'n/a'], 'dd/MM/yyyy', true],
])('dates like %j are %s', (samples, dateFormat, isLocal) => {
  expect(lookAtDates(samples)).toEqual({ dateFormat, isLocal })
})

test.each([
  [
    ['03/04/2020', '05/06/2020'],
    ['dd/MM/yyyy', 'MM/dd/yyyy'],
  ],
  [['25/03/2020', '03/25/2020'], []],
  [
    ['25/11/26', '26/11/26'],
    ['d/M/yy', 'yy/M/d'],
  ],
  [
    ['25-11-26 09:00', '31-01-27 10:00'],
    ['dd-MM-yy HH:mm', 'yy-MM-dd HH:mm'],
  ],
  [
    ['25.11.26', '26.11.26'],
    ['d.M.yy', 'yy.M.d'],
  ],
  [
    ['10/11/12', '11/12/10'],
    ['d/M/yy', 'M/d/yy', 'yy/M/d'],
  ],
  [['31/11/26', '11/31/26'], []],
  [['2020-25-03', '2020-04-03', '2020-05-03'], []],
  [['2020/25/03', '2020/03/25'], []],
  // Of a file that was opened where the month comes first: what is a date there has become one.
  [['2020-04-03T00:00:00', '25.03.2020', '26.03.2020', '2020-06-03T00:00:00'], []],
  [['1603263535000', '21.10.2020'], []],
])('dates like %j are left open between %j', (samples, possible) => {
  expect(lookAtDates(samples)).toEqual({ dateFormat: null, isLocal: true, possible })
})

test('a guess is the only order that reads every cell', () => {
  // Every month has 28 days: that one has no more than that speaks for no order.
  const two = fc.oneof(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 32, max: 34 }))
  const cell = fc.tuple(two, two, two).map((parts) => parts.map((part) => String(part).padStart(2, '0')).join('/'))
  const readers = ['d/M/yy', 'M/d/yy', 'yy/M/d'].map((dateFormat) => ({
    dateFormat,
    read: createDateReader({ dateFormat, timeZone: 'UTC' }, Date.UTC(2100, 0, 1)),
  }))
  const isDate = (text: string): boolean => readers.some(({ read }) => read(text) >= 0)
  fc.assert(
    fc.property(fc.array(cell.filter(isDate), { minLength: 1, maxLength: 5 }), (cells) => {
      const fitting = readers.filter(({ read }) => cells.every((text) => read(text) >= 0))
      const { dateFormat, possible = [dateFormat] } = lookAtDates(cells) ?? { dateFormat: null }
      const shorten = (format: string | null): string => (format ?? '').replace('MM', 'M').replace('dd', 'd')
      expect(possible.map(shorten)).toEqual(fitting.map((one) => one.dateFormat))
      expect(dateFormat !== null).toBe(fitting.length === 1)
    }),
  )
})

test.each([[[]], [['Monday']], [['Monday', '21.10.2020']], [['12345']], [['1603263535000000']]])(
  '%j are no dates',
  (samples) => expect(lookAtDates(samples)).toBeNull(),
)
