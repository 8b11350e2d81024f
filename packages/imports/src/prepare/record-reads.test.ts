import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'

import { createFileStore } from '@importer/file-store'
import { createLog } from '@importer/runtime'
import { expect, test } from 'vitest'

import { openTestDatabase } from '../../../../tests/support/open-test-database.ts'
import { makeTemporaryFolder } from '../../../../tests/support/temporary-folder.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { recordReads } from './record-reads.ts'

const LONG_AGO = new Date(0)
const log = createLog({ name: 'test', level: 'silent' })

test.each([
  ['a preparation that reads is alive', { toPrepare: true }, true],
  ['an import that has its file is left alone', { toPrepare: false }, false],
  ['so is one that was cancelled', { toPrepare: true, status: 'cancelled' }, false],
])('%s', async (_name, fields, isChanged) => {
  const database = openTestDatabase((await createTestDatabase()).url)
  const dataDir = await makeTemporaryFolder()
  const store = await createFileStore({ storageUrl: undefined, dataDir, s3Endpoint: undefined })
  const { key } = await store.write(Readable.from([Buffer.from('text')]), { maxBytes: 10 })
  await database.prisma.organization.create({ data: { id: 1 } })
  const { id } = await database.prisma.import.create({
    data: {
      orgId: 1,
      seriesId: 1n,
      fileKey: 'key',
      fileName: 'a',
      bytes: 1n,
      sha256: '',
      mapping: {},
      updatedAt: LONG_AGO,
      ...fields,
    },
  })
  const recording = recordReads({ database, store, log, importId: id, everyMs: 0 })
  expect((await buffer(recording.read(key))).toString()).toBe('text')
  const { updatedAt } = await database.prisma.import.findUniqueOrThrow({ where: { id } })
  expect(updatedAt > LONG_AGO).toBe(isChanged)
})
