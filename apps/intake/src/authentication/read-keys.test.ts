import { expect, test } from 'vitest'

import { readKeys } from './read-keys.ts'

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

test.each([
  [{ authorization: 'Bearer key-1' }, ['key-1']],
  [{ authorization: 'bearer  key-1' }, ['key-1']],
  [{ 'x-cap-api-oauth-token': 'key-2' }, ['key-2']],
  [{ authorization: basic('anyone:key-3') }, ['key-3']],
  [{ authorization: basic(':key:with:colons') }, ['key:with:colons']],
  [{ authorization: 'Bearer key-1', 'x-cap-api-oauth-token': 'key-2' }, ['key-2', 'key-1']],
  [{}, []],
  [{ authorization: 'key-1' }, []],
  [{ authorization: 'Digest key-1' }, []],
  [{ authorization: 'Bearer' }, []],
  [{ authorization: 'Bearer two words' }, []],
  [{ authorization: basic('no colon') }, []],
  [{ authorization: basic('user:') }, []],
  [{ authorization: basic('user:ke\u0000y') }, []],
  [{ 'x-cap-api-oauth-token': 'k'.repeat(256) }, []],
])('%j carries %j', (headers, keys) => {
  expect(readKeys(headers)).toEqual(keys)
})
