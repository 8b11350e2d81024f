import { expect, it } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { recordStorageDelays } from './record-delay.ts'

const ORG = 1
const WAITING = 2_500
const database = openTestDatabase((await createTestDatabase()).url)

it('every import that waits for the storage learns of it, however many wait', async () => {
  const { prisma } = database
  await prisma.organization.create({ data: { id: ORG } })
  const longAgo = new Date(Date.now() - 3_600_000)
  await prisma.import.createMany({
    data: Array.from({ length: WAITING }, (_, n) => ({
      orgId: ORG,
      seriesId: 1n,
      fileKey: `uploads/${n}`,
      fileName: 'a.csv',
      bytes: 1n,
      sha256: 'x',
      mapping: {},
      updatedAt: longAgo,
    })),
  })
  // A worker does so every 5 s.
  for (let looks = 0; looks < 2; looks += 1) await recordStorageDelays(database, 'away')
  expect(await prisma.import.count({ where: { delayCode: 'STORAGE_UNAVAILABLE', delayMessage: 'away' } })).toBe(WAITING)
})
