import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { startEmbeddedPostgres, type DatabaseUrls } from '@importer/embedded-postgres'
import type { TestProject } from 'vitest/node'

import { databaseUrls, TEMPLATE_DATABASE } from './database-url.ts'
import { migrateForApp } from './migrate-for-app.ts'
import { queryOnce } from './query-once.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** of the run's one PostgreSQL server, for the app's role and for a superuser */
    postgresUrls: DatabaseUrls
  }
}

/** Starts the run's one PostgreSQL and migrates the template that every test file's database is a clone of. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'importer-tests-'))
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(folder, 0o755)
  const postgres = await startEmbeddedPostgres({
    dataDir: folder,
    // What it has to tell is in its own log, and in the error when it does not start.
    log: () => {},
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '400' },
  })
  const tearDown = async (): Promise<void> => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await createTemplate(postgres)
  } catch (error) {
    await tearDown()
    throw error
  }
  project.provide('postgresUrls', { url: postgres.url, ownerUrl: postgres.ownerUrl })
  return tearDown
}

async function createTemplate(urls: DatabaseUrls): Promise<void> {
  const run = async (sql: string): Promise<unknown> => queryOnce(urls.ownerUrl, sql)
  await run(`CREATE DATABASE ${TEMPLATE_DATABASE}`)
  await migrateForApp(databaseUrls(urls, TEMPLATE_DATABASE))
  // A clone of a database that somebody is connected to fails, and the migrations' pools close their connections late.
  await run(`ALTER DATABASE ${TEMPLATE_DATABASE} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`)
  await run(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${TEMPLATE_DATABASE}'`)
}
