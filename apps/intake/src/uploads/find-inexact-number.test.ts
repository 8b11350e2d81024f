import { expect, test } from 'vitest'

import { findInexactNumber } from './find-inexact-number.ts'

test.each([
  ['1e999'],
  ['-1E+400'],
  ['1e-400'],
  ['12345678901234567890'],
  ['9007199254740993'],
  ['-9007199254740993'],
  ['0.1234567890123456789'],
  ['1.00000000000000000001'],
])('%s is not what JavaScript makes of it', (number) => {
  expect(findInexactNumber(`{"a": [1, "2e999"], "b\\"1e999": {"c": ${number}}}`)).toBe(number)
})

test.each([
  ['0'],
  ['-0'],
  ['-0.0e5'],
  ['0.1'],
  ['-1.50'],
  ['1.0'],
  ['1E3'],
  ['1000e-3'],
  ['100000000000000000000000'],
  ['1e308'],
  ['2.5e-7'],
  ['0.00000025'],
  ['9007199254740991'],
  ['1603263535389'],
])('%s is kept as it is', (number) => {
  expect(findInexactNumber(`[${number}, {"a": ${number}}]`)).toBeNull()
})

test('what stands in text is no number', () => {
  expect(findInexactNumber('{"1e999": "12345678901234567890", "\\\\": "\\"1e999"}')).toBeNull()
})
