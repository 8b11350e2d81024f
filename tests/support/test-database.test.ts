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

  test('gives what is tested the rights of the app alone', async () => {
    const { url } = await createTestDatabase()
    await query(url, 'INSERT INTO organization (id) VALUES (1)')
    await expect(query(url, 'CREATE TABLE mine (id integer)')).rejects.toThrow('permission denied')
    await expect(query(url, 'TRUNCATE organization')).rejects.toThrow('permission denied')
  })

  test('is its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
    await query(one.ownerUrl, 'CREATE TABLE mine (id integer)')
    await expect(query(other.ownerUrl, 'SELECT * FROM mine')).rejects.toThrow('relation "mine" does not exist')
  })
})
