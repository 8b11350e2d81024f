import { expect, test } from 'vitest'

import { createOccasionalWarning } from './occasional-warning.ts'

test('what goes on is passed on once a minute, with how often it happened meanwhile', () => {
  let now = 0
  const warned: unknown[] = []
  const warn = createOccasionalWarning(
    ({ keptBack }, what: string) => warned.push([keptBack, what]),
    () => now,
  )
  for (now = 0; now < 150_000; now += 10_000) warn(`at ${now}`)
  expect(warned).toEqual([
    [0, 'at 0'],
    [5, 'at 60000'],
    [5, 'at 120000'],
  ])
})
