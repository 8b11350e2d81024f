import { chooseFreePort } from '@importer/embedded-postgres'
import { expect, it } from 'vitest'

import { startApp } from '../support/app-process.ts'
import { ImporterClient } from '../support/importer-client.ts'
import { migrateForApp } from '../support/migrate-for-app.ts'
import { queryOnce } from '../support/query-once.ts'
import { TEST_KEY, TEST_ORG } from '../support/running-system.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { waitUntil } from '../support/wait-until.ts'

it('on a database that is not migrated both processes say once what to run, and go on by themselves', async () => {
  const database = await createTestDatabase()
  const { url, ownerUrl } = database
  await queryOnce(ownerUrl, 'DROP SCHEMA public CASCADE')
  await queryOnce(ownerUrl, 'DROP SCHEMA bullmq CASCADE')
  await queryOnce(ownerUrl, 'CREATE SCHEMA public')
  const port = await chooseFreePort()
  const env = { DATABASE_URL: url, DATA_DIR: await makeTemporaryFolder(), LOG_LEVEL: 'info' }
  const isReady = (output: string): boolean => output.includes('run `npm run migrate`')
  const [intake, worker] = await Promise.all([
    startApp('intake', {
      env: { ...env, PORT: String(port), BOOTSTRAP_ORG_ID: String(TEST_ORG), BOOTSTRAP_API_KEY: TEST_KEY },
      isReady,
    }),
    startApp('worker', { env, isReady }),
  ])
  const unready = await fetch(`http://127.0.0.1:${port}/readyz`)
  expect(unready.status).toBe(503)
  expect(await unready.text()).toContain('the database holds none of our tables; run `npm run migrate`')

  await migrateForApp(database)
  await waitUntil('the worker takes jobs', () => worker.readOutput().includes('taking jobs'))
  const client = new ImporterClient(`http://127.0.0.1:${port}`, TEST_KEY)
  await waitUntil('the intake app knows its key', async () =>
    client.putReference('tills', 'id\n1\n').then(
      () => true,
      () => false,
    ),
  )
  for (const app of [intake, worker]) {
    const lines = app.readOutput().split('\n')
    expect(
      lines.filter((line) => line.includes('"msg":"waiting for the database: the database holds none')),
    ).toHaveLength(1)
    // The request for readiness has a line of its own.
    expect(lines.filter((line) => line.includes('"stack"') && !line.includes('not ready'))).toEqual([])
  }
  for (const app of [intake, worker]) await app.kill('SIGKILL')
})
