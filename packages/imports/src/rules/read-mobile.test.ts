import fc from 'fast-check'
import { getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { describe, expect, test } from 'vitest'

import { loadMobileReader } from './read-mobile.ts'

describe('with a country', () => {
  test.each<[country: string, text: string, digits: string]>([
    ['IN', '919800000001', '919800000001'],
    ['IN', '9800000002', '919800000002'],
    ['IN', '098000 00003', '919800000003'],
    ['IN', '+91 98000-00004', '919800000004'],
    ['IN', '0091 98000 00004', '919800000004'],
    ['IN', '+49 9800000005', '499800000005'],
    ['DE', '0151 12345678', '4915112345678'],
    ['DE', '(0151) 1234/5678', '4915112345678'],
    ['US', '(202) 555-0143', '12025550143'],
    ['US', '1 202 555 0143', '12025550143'],
    ['IN', 'tel:9800000002', 'tel:9800000002'],
    ['AQ', '9800000002', '9800000002'],
  ])('%s reads %s', async (country, text, digits) => {
    expect((await loadMobileReader(country))(text)).toBe(digits)
  })

  test('any digits are read as libphonenumber reads them', async () => {
    const countries = getCountries()
    const readers = new Map(
      await Promise.all(countries.map(async (country) => [country, await loadMobileReader(country)] as const)),
    )
    const digits = fc.stringMatching(/^[1-9]\d{3,13}$|^0[1-9]\d{3,12}$/)
    fc.assert(
      fc.property(fc.constantFrom(...countries), digits, (country, text) => {
        const expected = parsePhoneNumberFromString(text, country)?.number.slice(1) ?? text
        expect([country, text, readers.get(country)?.(text)]).toEqual([country, text, expected])
      }),
      { numRuns: 5_000 },
    )
  })
})

test('without a country digits are all there is to it', async () => {
  const read = await loadMobileReader(undefined)
  expect(['9800000002', '098', '+91 98', '91.98/00'].map(read)).toEqual(['9800000002', '098', '9198', '919800'])
})
