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

test.each([
  [{ METRICS_PORT: '8080' }, 'PORT and METRICS_PORT are both 8080'],
  [{ PORT: '9000', WORKER_PORT: '9000' }, 'PORT and WORKER_PORT are both 9000'],
  [{ METRICS_PORT: '9090', WORKER_PORT: '9090' }, 'METRICS_PORT and WORKER_PORT are both 9090'],
])('a port that is used twice is reported in one line: %o', (env, message) => {
  const read = () => readEnvironment(env)
  expect(read).toThrow(EnvironmentError)
  expect(read).toThrow(`${message}; expected a port of its own for each`)
})

test('a free port for each is fine', () => {
  expect(readEnvironment({ PORT: '0', METRICS_PORT: '0', WORKER_PORT: '0' })).toMatchObject({ PORT: 0, WORKER_PORT: 0 })
})
