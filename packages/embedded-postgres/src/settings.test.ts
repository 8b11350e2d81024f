import { expect, test } from 'vitest'

import { chooseSettings, chooseSharedBuffers } from './settings.ts'

const GIBIBYTE = 1024 ** 3

test.each([
  [1, '256MB'],
  [8, '512MB'],
  [24, '1024MB'],
])('of %i GiB of memory PostgreSQL keeps %s for pages', (gibibytes, buffers) => {
  expect(chooseSharedBuffers(gibibytes * GIBIBYTE)).toBe(buffers)
})

test('what the caller sets goes before what the machine suggests', () => {
  expect(chooseSettings(false, { shared_buffers: '16MB' })['shared_buffers']).toBe('16MB')
})
