import { randomBytes } from 'node:crypto'

import type { DatabaseUrls } from '@importer/embedded-postgres'
import { inject } from 'vitest'

import { afterFile } from './after-file.ts'
import { databaseUrls, TEMPLATE_DATABASE } from './database-url.ts'
import { queryOnce } from './query-once.ts'

/**
 * A migrated, empty database of its own for the test file that asks (about 50 ms), dropped when the file is done:
 * after the file's own `afterAll`, by force, so that a forgotten connection cannot keep it. What is tested connects by `url`, as the
 * role of the app; a test that looks into the database or breaks it, by `ownerUrl`, as a superuser.
 */
export async function createTestDatabase(): Promise<DatabaseUrls> {
  const name = `test_${randomBytes(8).toString('hex')}`
  const server = inject('postgresUrls')
  await queryOnce(server.ownerUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`)
  afterFile(async () => void (await queryOnce(server.ownerUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)))
  return databaseUrls(server, name)
}
