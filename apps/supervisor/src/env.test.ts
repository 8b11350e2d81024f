import { EnvironmentError } from '@importer/runtime'
import { expect, test } from 'vitest'

import { readEnvironment } from './env.ts'

const GIVEN = 'postgresql://database.example/d'

test.each([
  ['5', '10', undefined],
  ['64', '64', GIVEN],
])('%s imports at once in %s lanes are fine', (WORKER_CONCURRENCY, IMPORT_LANES, DATABASE_URL) => {
  expect(readEnvironment({ WORKER_CONCURRENCY, IMPORT_LANES, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL)
})

test('more lanes than the embedded PostgreSQL has connections for are told in one line', () => {
  const read = () => readEnvironment({ WORKER_CONCURRENCY: '17', IMPORT_LANES: '3' })
  expect(read).toThrow(EnvironmentError)
  expect(read).toThrow(/^WORKER_CONCURRENCY times IMPORT_LANES is 51; expected at most 50 [^\n]+$/)
})
