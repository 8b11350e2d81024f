import { expect, test } from 'vitest'

import { checkClock } from './check-database.ts'
import { checkSpace } from './check-machine.ts'

const BLOCK = 4_096
const NOW = Date.parse('2026-11-26T12:00:00Z')

test.each([
  ['plenty', 50_000_000, 100_000_000, 'ok'],
  ['less than 5 %, of a large disk', 4_000_000, 100_000_000, 'finding'],
  ['less than 1 GB, of a small disk', 200_000, 1_000_000, 'finding'],
  ['none', 0, 1_000_000, 'finding'],
])('free disk: %s', (_name, bavail, blocks, state) => {
  const check = checkSpace({ bavail, blocks, bsize: BLOCK }, '/srv/data')
  expect(check).toMatchObject({ name: 'Disk', state, found: expect.stringMatching(/ free of .* at \/srv\/data$/) })
  expect(check.remedy === null).toBe(state === 'ok')
})

test.each([
  [4_900, 'ok'],
  [-4_900, 'ok'],
  [6_000, 'finding'],
  [-3_600_000, 'finding'],
])('the clock of the database is %i ms ahead', (aheadMs, state) => {
  const check = checkClock(new Date(NOW + aheadMs), NOW)
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1)
  expect(check).toMatchObject({ name: 'Clock', state, found: expect.stringContaining(`differ by ${seconds} s`) })
  expect(check.remedy === null).toBe(state === 'ok')
})
