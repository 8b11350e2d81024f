import { EnvironmentError } from '@importer/runtime'
import { expect, test } from 'vitest'

import { readEnvironment } from './env.ts'

const GIVEN = 'postgresql://database.example/d'

test.each([
  ['5', '10', undefined],
  ['64', '64', GIVEN],
])('%s imports at once in %s partitions are fine', (WORKER_CONCURRENCY, IMPORT_PARTITIONS, DATABASE_URL) => {
  expect(readEnvironment({ WORKER_CONCURRENCY, IMPORT_PARTITIONS, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL)
})

test('more partitions than the embedded PostgreSQL has connections for are reported in one line', () => {
  const read = () => readEnvironment({ WORKER_CONCURRENCY: '17', IMPORT_PARTITIONS: '3' })
  expect(read).toThrow(EnvironmentError)
  expect(read).toThrow(/^WORKER_CONCURRENCY times IMPORT_PARTITIONS is 51; expected at most 50 [^\n]+$/)
})
