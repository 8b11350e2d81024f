import { randomBytes } from 'node:crypto'

import pg from 'pg'
import { afterAll, inject } from 'vitest'

import { databaseUrl, TEMPLATE_DATABASE } from './database-url.ts'

const created: string[] = []

/**
 * A migrated, empty database of its own for the test file that asks (about 50 ms), dropped when the file is done:
 * after the file's own `afterAll`, by force, so that a forgotten connection cannot keep it.
 */
export async function createTestDatabase(): Promise<{ url: string }> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await runOnServer(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`)
  created.push(name)
  return { url: databaseUrl(inject('postgresUrl'), name) }
}

// Hooks run last in, first out: registered with the import, this one comes after all of the file's own.
afterAll(async () => {
  for (const name of created.splice(0)) await runOnServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
})

async function runOnServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
