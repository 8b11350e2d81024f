import { readEnvironment } from '@importer/local-system'
import { expect, test } from 'vitest'

import { makeTemporaryFolder } from '../../../tests/support/temporary-folder.ts'
import { makeDemoEnvironment } from './demo-environment.ts'

test('a demonstration keeps to its own folder, ports and limits, whatever the real one is configured with', async () => {
  const folder = await makeTemporaryFolder()
  const { env, dataDir, ignored } = await makeDemoEnvironment(
    {
      PATH: '/bin',
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'debug',
      IMPORT_LANES: '2',
      DATABASE_URL: 'postgresql://database.example/real',
      METRICS_PORT: '9090',
      WORKER_PORT: '9091',
      UPLOAD_MAX_BYTES: '1',
      RATE_LIMIT_PER_MINUTE: '1',
      MAX_QUEUED_IMPORTS_PER_ORG: '1',
      MAX_STORED_BYTES_PER_ORG: '1',
      BOOTSTRAP_API_KEY: 'a-key-of-the-real-one',
    },
    'demo',
  )
  expect([dataDir, ignored]).toEqual([`${folder}/demo`, ['DATABASE_URL']])
  expect(env).toMatchObject({ PATH: '/bin', DATA_DIR: dataDir, LOG_LEVEL: 'debug' })
  const { PORT } = readEnvironment(env)
  expect(PORT).toBeGreaterThan(0)
  expect(readEnvironment(env)).toEqual(
    readEnvironment({ DATA_DIR: dataDir, PORT: String(PORT), LOG_LEVEL: 'debug', IMPORT_PARTITIONS: '2' }),
  )
})
