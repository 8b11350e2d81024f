import { expect, test } from 'vitest'

import { startApp } from '../support/app-process.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'

test('a worker with IMPORT_LANES alone starts, and warns once of the new name', { timeout: 60_000 }, async () => {
  const { url } = await createTestDatabase()
  const env = { DATABASE_URL: url, DATA_DIR: await makeTemporaryFolder(), IMPORT_LANES: '2' }
  const worker = await startApp('worker', { env })
  const warnings = worker
    .readOutput()
    .split('\n')
    .filter((line) => line.includes('IMPORT_LANES'))
  expect(warnings.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'warn',
      variable: 'IMPORT_LANES',
      msg: expect.stringMatching(/^IMPORT_LANES is the old name of IMPORT_PARTITIONS .*: set IMPORT_PARTITIONS$/),
    }),
  ])
  await worker.kill('SIGTERM')
})
