import pg from 'pg'
import { describe, expect, test } from 'vitest'

import { createTestDatabase } from './test-database.ts'

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('a test database', () => {
  test('has the tables of the software and of the queue', async () => {
    const { url } = await createTestDatabase()
    const schemas = await query(url, 'SELECT DISTINCT schemaname FROM pg_tables ORDER BY 1')
    expect(schemas).toEqual(expect.arrayContaining([{ schemaname: 'bullmq' }, { schemaname: 'public' }]))
  })

  test('is its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
    await query(one.url, 'CREATE TABLE mine (id integer)')
    await expect(query(other.url, 'SELECT * FROM mine')).rejects.toThrow('relation "mine" does not exist')
  })
})
