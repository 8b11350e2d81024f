import { UnavailableError } from '@importer/contracts'
import { expect, test } from 'vitest'

import { openTestDatabase } from '../../../tests/support/open-test-database.ts'
import { queryOnce } from '../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { Int8Column, TextColumn } from './array-columns.ts'
import { ConflictError, isConcurrencyConflict, sqlStateOf } from './database-errors.ts'
import { tryStatement } from './try-statement.ts'

const { url, ownerUrl } = await createTestDatabase()
const database = openTestDatabase(url)

test('each parameter arrives, however often and in whatever order the statement takes it', async () => {
  const ids = new Int8Column()
  const names = new TextColumn()
  ids.push('9007199254740993')
  names.push('name')
  names.push(null)
  const row = await tryStatement(
    database,
    'test',
    `SELECT $4::text[] AS names, $1::int + $2::bigint + $1::int AS sum, ($3::bigint[])[1]::text AS id, $5::int[] AS numbers,
            cardinality($4::text[]) AS count, $6::text AS text`,
    [3, 4n, ids.take(), names.take(), [5, 6], "it's"],
  )
  expect(row).toEqual({
    names: ['name', null],
    sum: 10,
    id: '9007199254740993',
    numbers: [5, 6],
    count: 2,
    text: "it's",
  })
})

test('a statement without a row gives none', async () => {
  expect(await tryStatement(database, 'test', 'SELECT $1::int WHERE false', [1])).toBeUndefined()
})

const FUNCTION = `
  CREATE FUNCTION fail_with(state text) RETURNS int LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = state; END $$`
await queryOnce(ownerUrl, FUNCTION)

test.each([
  ['23505', true],
  ['40001', true],
  ['40P01', true],
  ['22012', false],
])('SQLSTATE %s is a conflict: %s; nothing of the statement is kept', async (state, isConflict) => {
  const text = `
    WITH made AS (INSERT INTO organization (id) SELECT $1::int RETURNING id)
    SELECT fail_with(($2::text[])[1]) FROM made`
  const error: unknown = await tryStatement(database, 'test', text, [8, [state]]).catch((failure: unknown) => failure)
  expect(error instanceof ConflictError).toBe(isConflict)
  expect([sqlStateOf(error), isConcurrencyConflict(error)]).toEqual([state, isConflict])
  expect(await database.prisma.organization.count()).toBe(0)
})

test.each([
  ['is cancelled', '57014'],
  ['gets a lock not in time', '55P03'],
])('a statement that %s is unavailable', async (_name, state) => {
  const error: unknown = await tryStatement(database, 'test', 'SELECT fail_with($1::text)', [state]).catch(
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(UnavailableError)
  // What the database answered as an error is its cause: this was none.
  expect((error as UnavailableError).cause).toBeUndefined()
})

test('a type that it cannot hand on is refused', async () => {
  await expect(tryStatement(database, 'test', 'SELECT $1::date', ['x'])).rejects.toThrow('type date')
})
