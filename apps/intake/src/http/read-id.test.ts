import { expect, test } from 'vitest'

import { readBigId, readInt4 } from './read-id.ts'

test.each([
  ['0', 0, 0n],
  ['9137', 9137, 9137n],
  ['2147483647', 2147483647, 2147483647n],
  ['2147483648', null, 2147483648n],
  ['9007199254740991', null, 9007199254740991n],
  ['9007199254740992', null, null],
  ['-1', null, null],
  ['1.5', null, null],
  ['1e3', null, null],
  ['0x10', null, null],
  ['abc', null, null],
  ['', null, null],
  [' 1', null, null],
])('%j is %s as an integer and %s as a big id', (text, int4, big) => {
  expect(readInt4(text)).toBe(int4)
  expect(readBigId(text)).toBe(big)
})
