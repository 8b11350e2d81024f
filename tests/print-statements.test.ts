import { execFileSync } from 'node:child_process'
import path from 'node:path'

import pg from 'pg'
import { expect, test } from 'vitest'

import { createTestDatabase } from './support/test-database.ts'

test('npm run print:statements prints what PostgreSQL prepares, for each strategy and its dry run', async () => {
  const script = ['scripts/run.mjs', 'scripts/print-statements.mjs']
  const cwd = path.resolve(import.meta.dirname, '..')
  const printed = execFileSync(process.execPath, script, { cwd, encoding: 'utf8' })
  const client = new pg.Client({ connectionString: (await createTestDatabase()).url })
  await client.connect()
  try {
    await client.query(printed)
    const { rows } = await client.query<{ name: string; types: string }>(
      'SELECT name, parameter_types::text AS types FROM pg_prepared_statements',
    )
    const strategies = ['first_use', 'single_use', 'limited', 'unlimited']
    expect(new Set(rows.map(({ name }) => name))).toEqual(
      new Set(strategies.flatMap((name) => [name, `${name}_dry_run`])),
    )
    for (const { types } of rows) expect(types).toContain('text[]')
  } finally {
    await client.end()
  }
})
