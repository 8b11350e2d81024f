import { describe, expect, test } from 'vitest'

import { looksConvertible } from './spreadsheet-look.ts'

describe('what a spreadsheet would change', () => {
  test.each([
    ['a number of twelve digits and more', ['160326353500', '1603263535000', '123456789012345678']],
    ['zeros before a number', ['007', '00', '0049170']],
    ['a fraction, a sign, groups of digits', ['12.50', '12,5', '.5', '5.', '1,234', '1.234.567', "1'000", '5-', '(5)']],
    ['an exponent', ['1E5', '12e-3', '1.7325E+12', '1,5E+3']],
    ['a share, an amount', ['50%', '€5', '5 €', '12 EUR', 'kr 50', 'R$ 5', '50 Kč']],
    ['a fraction of two numbers', ['1/2', '1 1/2', '½']],
    ['a date', ['2020-10-21', '21.10.2020', '1/2/20', '3-4', '21. 10.', '2020年10月21日', 'R2.10.21']],
    [
      'a date with a name',
      ['MAR1', '1-Mar', 'Sept 1', 'SEP-2', 'Mai 2020', '21 de octubre de 2020', 'Wed, 21 Oct 2020'],
    ],
    ['a date and time', ['2020-10-21T09:00:00', '2020-10-21T09:00Z', '2020-10-21 09:00:00.123', '21 Oct 2020 9:00 pm']],
    ['a time', ['9:00', '12:30:15.5', '9 pm', '9 p', '9h30']],
    ['a truth', ['TRUE', 'false', 'WAHR', 'Vrai', 'ИСТИНА', 'DOĞRU']],
    ['an error', ['#N/A', '#DIV/0!', '#NAME?', '#NV']],
    ['digits of other scripts', ['١٢٣', '１２３', '१२']],
    ['a number with what cannot be seen around it', [' 5', '5\u200b', '\u00a0123456789012']],
  ])('%s', (_name, cells) => {
    expect(cells.filter((cell) => !looksConvertible(cell))).toEqual([])
  })

  test.each([
    ['a whole number as it is shown', ['0', '5', '50015001', '12345678901']],
    [
      'text',
      ['', 'a', 'SPRING-0036', 'A12345', 'AB-12', 'x@example.com', "it's", '5 apples', 'MARKET-1', 'https://a.b/1'],
    ],
    ['words that begin as months do', ['MARKET 1', 'DECK-12', 'MAYOR2']],
    ['names of months without a number', ['March', 'MAY']],
    ['identifiers', ['0x1F', '5f0c1e2d', 'e5', 'T-1', '12AB34']],
    ['numbers of errors', ['629; 701']],
    ['what is too long for a number', ['1'.repeat(600)]],
  ])('not: %s', (_name, cells) => {
    expect(cells.filter((cell) => looksConvertible(cell))).toEqual([])
  })

  test('is found in linear time', () => {
    expect(looksConvertible(`${'1'.repeat(2 ** 20)}x`)).toBe(false)
  })
})
