import { expect, it } from 'vitest'

import { computeBackoffMs } from './job-policy.ts'

it.each([
  [1, 500, 1000],
  [2, 1000, 2000],
  [3, 2000, 4000],
  [5, 8000, 16_000],
  [6, 15_000, 30_000],
  [40, 15_000, 30_000],
  [2_147_483_647, 15_000, 30_000],
])('waits after attempt %i between %i and %i ms', (attempts, shortest, longest) => {
  expect(computeBackoffMs(attempts, 0)).toBe(shortest)
  expect(computeBackoffMs(attempts, 1)).toBe(longest)
})
