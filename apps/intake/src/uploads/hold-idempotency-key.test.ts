/** A database that fails while a key is held: nothing that was made is denied, and the key is not kept from its owner. */
import { openDatabase } from '@importer/db'
import { createLog } from '@importer/runtime'
import { expect, test } from 'vitest'

import { queryOnce } from '../../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { holdIdempotencyKey } from './hold-idempotency-key.ts'

const ORG = 1
const log = createLog({ name: 'held-key', level: 'silent' })

test.each([
  ['the import of a key cannot be looked up: the key is free again', 'import', 0],
  ['a key cannot be released: the request ends as it would have ended', 'idempotency_claim', 1],
])('%s', async (_name, table, claims) => {
  const { url, ownerUrl } = await createTestDatabase()
  const database = openDatabase({
    url,
    applicationName: 'held-key',
    maxConnections: 2,
    onConnectionLost: () => undefined,
  })
  try {
    await database.prisma.organization.create({ data: { id: ORG } })
    const hold = async () => holdIdempotencyKey(database, log, ORG, { 'idempotency-key': 'nightly' })
    const refuse = `REVOKE ALL ON ${table} FROM redemptions_app`
    if (table === 'import') {
      await queryOnce(ownerUrl, refuse)
      await expect(hold()).rejects.toThrow('permission denied')
    } else {
      const held = await hold()
      await queryOnce(ownerUrl, refuse)
      await held?.release()
    }
    expect(await queryOnce(ownerUrl, 'SELECT count(*)::int AS claims FROM idempotency_claim')).toEqual([{ claims }])
  } finally {
    await database.close()
  }
})
