import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

import { afterAll, expect, test } from 'vitest'

import { nodeArgsOf } from '../../../tests/support/app-process.ts'
import { queryOnce } from '../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'

const { ownerUrl } = await createTestDatabase()
const role = `unheld_${randomBytes(4).toString('hex')}`

afterAll(async () => {
  await queryOnce(ownerUrl, `DROP OWNED BY ${role}`)
  await queryOnce(ownerUrl, `DROP ROLE ${role}`)
})

test('a role that policies do not hold is warned of in one line, and gets its rights all the same', async () => {
  await queryOnce(ownerUrl, `CREATE ROLE ${role} BYPASSRLS`)
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: ownerUrl, DATABASE_APP_ROLE: role }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, await nodeArgsOf('migrate'), { env })
  expect(stdout).toBe(`The database is up to date.\nThe role ${role} has its rights.\n`)
  expect(stderr).toMatch(
    new RegExp(`^Warning: the role "${role}" of DATABASE_APP_ROLE has BYPASSRLS, .+ NOBYPASSRLS\\)\n$`),
  )
})
