import { expect, test } from 'vitest'

import { queryOnce } from './query-once.ts'
import { createTestDatabase } from './test-database.ts'

test('a test database gives what is tested the rights of the app alone', async () => {
  const { url } = await createTestDatabase()
  await queryOnce(url, 'INSERT INTO organization (id) VALUES (1)')
  await expect(queryOnce(url, 'CREATE TABLE mine (id integer)')).rejects.toThrow('permission denied')
  await expect(queryOnce(url, 'TRUNCATE organization')).rejects.toThrow('permission denied')
})
