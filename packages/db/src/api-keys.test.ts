import { expect, test } from 'vitest'

import { openTestDatabase } from '../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { ensureAdminKey, findApiKey } from './api-keys.ts'

const AT_ONCE = 8

test('processes that start at once on an empty database all find organization and key made', async () => {
  const { url } = await createTestDatabase()
  const database = openTestDatabase(url, { maxConnections: AT_ONCE })
  // Each has its connection before they begin.
  await Promise.all(Array.from({ length: AT_ONCE }, async () => database.prisma.$queryRaw`SELECT pg_sleep(0.05)::text`))
  for (const orgId of [101, 102, 103]) {
    const apiKey = `key-of-organization-${orgId}`
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => ensureAdminKey(database, { orgId, apiKey, revive: true })),
    )
    expect(await findApiKey(database, apiKey)).toMatchObject({ orgId, role: 'admin' })
  }
})
