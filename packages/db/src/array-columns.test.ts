import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'

import { openTestDatabase } from '../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { Int4Column, Int8Column, TextColumn } from './array-columns.ts'
import type { SystemDatabase } from './open-database.ts'

let database: SystemDatabase
beforeAll(async () => {
  const { url } = await createTestDatabase()
  database = openTestDatabase(url)
})

/** What PostgreSQL makes of an array, each element as text. */
async function read(array: Buffer, type: 'int' | 'bigint' | 'text'): Promise<(string | null)[]> {
  const rows = await database.queryBatch<{ value: string | null }>(
    `SELECT value::text FROM unnest($1::${type}[]) WITH ORDINALITY AS t (value, n) ORDER BY n`,
    [array],
  )
  return rows.map(({ value }) => value)
}

const toText = (value: number | string | null): string | null => (value === null ? null : String(value))

test('reads every int', async () => {
  const column = new Int4Column()
  const value = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2_147_483_647, -2_147_483_648))
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 20 }), async (values) => {
      for (const each of values) column.push(each)
      expect(await read(column.take(), 'int')).toEqual(values.map(toText))
    }),
  )
})

test('reads every bigint, given as a number or as digits', async () => {
  const column = new Int8Column()
  const value = fc.oneof(
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.constantFrom(0, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32), '-1', '999999999999999', '1000000000000000', null),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 20 }), async (values) => {
      for (const each of values) column.push(each)
      expect(await read(column.take(), 'bigint')).toEqual(values.map(toText))
    }),
  )
})

test('reads every text as it was written', async () => {
  const column = new TextColumn()
  const text = fc.oneof(
    fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '')),
    fc.constantFrom('null', 'NULL', '', '\\', '"', '{', '}', ',', ' x ', '\u00a0', 'aé', '😀'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 20 }), async (values) => {
      for (const value of values) column.push(value)
      expect(await read(column.take(), 'text')).toEqual(values)
    }),
  )
})

test('grows, and is empty again when it was taken', async () => {
  const column = new TextColumn()
  const values = Array.from({ length: 50_000 }, (_, n) => `value-${n}-ü`)
  for (const value of values) column.push(value)
  const first = column.take()
  column.push('next')
  // What was taken is good while the next is written.
  expect(await read(first, 'text')).toEqual(values)
  expect(await read(column.take(), 'text')).toEqual(['next'])
  expect(await read(column.take(), 'text')).toEqual([])
})

test('many at once each get their own bytes', async () => {
  const results = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const ids = new Int8Column()
      const texts = new TextColumn()
      ids.push(n)
      texts.push(`text ${n}`)
      return database.queryBatch<{ id: bigint; text: string; plain: string }>(
        'SELECT ($1::bigint[])[1] AS id, ($2::text[])[1] AS text, $3::text AS plain',
        [ids.take(), texts.take(), `plain ${n}`],
      )
    }),
  )
  expect(results).toEqual(
    Array.from({ length: 50 }, (_, n) => [{ id: BigInt(n), text: `text ${n}`, plain: `plain ${n}` }]),
  )
})

test('keeps no bytes of a batch once it has ended, well or not', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const size = 2 ** 20
  const send = async (statement: string): Promise<unknown> => {
    const column = new TextColumn()
    column.push('x'.repeat(size))
    return database.queryBatch(statement, [column.take()])
  }
  const used = (): number => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  await send('SELECT cardinality($1::text[]) AS n')
  const before = used()
  for (let i = 0; i < 30; i += 1) {
    await send('SELECT cardinality($1::text[]) AS n')
    await expect(send('SELECT cardinality($1::text[]) / 0 AS n')).rejects.toThrow('division by zero')
  }
  expect(used() - before).toBeLessThan(16 * size)
})
