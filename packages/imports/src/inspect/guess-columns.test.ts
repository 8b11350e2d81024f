import { describe, expect, test } from 'vitest'

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
])('dates like %j are %s', (samples, dateFormat, isLocal) => {
  expect(lookAtDates(samples)).toEqual({ dateFormat, isLocal })
})

test('day and month that could be either way round are left open', () => {
  expect(lookAtDates(['03/04/2020', '05/06/2020'])).toEqual({ dateFormat: null, isLocal: true })
  expect(lookAtDates(['25/03/2020', '03/25/2020'])).toEqual({ dateFormat: null, isLocal: true })
})

test.each([[[]], [['Monday']], [['1603263535000', '21.10.2020']], [['12345']], [['1603263535000000']]])(
  '%j are no dates',
  (samples) => expect(lookAtDates(samples)).toBeNull(),
)
