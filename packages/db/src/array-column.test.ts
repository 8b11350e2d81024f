import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import pg from 'pg'

import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { ArrayColumn } from './array-column.ts'

describe('a column as an array literal', () => {
  test.each<[name: string, values: (number | bigint | string | null)[], literal: string]>([
    ['nothing', [], '{}'],
    ['numbers', [1, -1, 9_007_199_254_740_991, 12n], '{1,-1,9007199254740991,12}'],
    ['plain texts', ['a', 'C-12'], '{a,C-12}'],
    ['no value', [null, 'a', null], '{NULL,a,NULL}'],
    ['the word null', ['null', 'NULL', 'nulls'], '{"null","NULL",nulls}'],
    ['an empty text', [''], '{""}'],
    [
      'what has a meaning',
      ['a,b', '{a}', 'a"b', String.raw`a\b`, 'a b'],
      String.raw`{"a,b","{a}","a\"b","a\\b","a b"}`,
    ],
    ['what is no ASCII', ['é', 'a', 'ü"\\', '😀'], String.raw`{"é",a,"ü\"\\","😀"}`],
    ['a meaning before what is no ASCII', ['a,"é'], String.raw`{"a,\"é"}`],
  ])('%s', (_name, values, literal) => {
    const column = new ArrayColumn()
    for (const value of values) column.push(value)
    expect(column.take()).toBe(literal)
    expect(column.take()).toBe('{}')
  })

  test('grows', () => {
    const column = new ArrayColumn()
    const values = Array.from({ length: 50_000 }, (_, n) => `value-${n}`)
    for (const value of values) column.push(value)
    expect(column.take()).toBe(`{${values.join(',')}}`)
  })
})

describe('PostgreSQL', () => {
  let sql: pg.Client
  beforeAll(async () => {
    const { url } = await createTestDatabase()
    sql = new pg.Client({ connectionString: url })
    await sql.connect()
  })
  afterAll(() => sql.end())

  test('reads every text as it was written', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('null', 'Null', '', '\\', '"', '{', ' x ', '\u00a0'),
    )
    const texts = fc.array(fc.option(text.map((value) => value.replaceAll('\0', ''))), { maxLength: 20 })
    const column = new ArrayColumn()
    await fc.assert(
      fc.asyncProperty(texts, async (values) => {
        for (const value of values) column.push(value)
        const { rows } = await sql.query<{ values: (string | null)[] }>('SELECT $1::text[] AS values', [column.take()])
        expect(rows[0]?.values).toEqual(values)
      }),
    )
  })
})
